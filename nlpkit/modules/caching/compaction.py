"""Closing the holes that taking back tokens leaves in a cache.

Letters: B batch, S slots.
"""

from typing import Any

from keras import ops

from nlpkit._types import Tensor
from nlpkit.modules.caching.cache import KeyValueCache
from nlpkit.ops import backend
from nlpkit.ops.tree import map_fields, replaced


def with_room(cache: KeyValueCache, tokens: int) -> KeyValueCache:
    """The cache with room for so many tokens more: as it is, or compacted if there is none."""
    (slots,) = cache.slots
    full = cache.index + tokens > slots.sequence_ids.shape[1]
    made: KeyValueCache = ops.cond(full, lambda: compact(cache), lambda: cache)
    return made


def compact(cache: KeyValueCache) -> KeyValueCache:
    """Move tokens together, as far as the row with the fewest holes allows.

    All rows still end in the same slot. The cache must not have rings.
    """
    (slots,) = cache.slots
    size = slots.sequence_ids.shape[1]
    taken = ops.arange(size, dtype="int32") < cache.index  # S
    holes = ops.logical_and(slots.sequence_ids == 0, taken)  # B S
    spare = ops.min(ops.sum(ops.cast(holes, "int32"), axis=1))
    # First holes, then tokens in their order, then slots not taken yet; and the spare holes last.
    kind = ops.where(taken, ops.where(holes, 0, 1), 2)
    order = ops.cast(ops.argsort(_distinct(kind), axis=1), "int32")
    places = ops.arange(size, dtype="int32") + spare
    order = ops.take(order, places % size, axis=1)  # B S

    def move(x: Tensor) -> Any:
        if len(x.shape) == 2:
            return ops.take_along_axis(x, order, axis=1)
        heads = x.shape[0] // order.shape[0]
        return ops.take_along_axis(x, ops.repeat(order, heads, axis=0)[:, :, None], axis=1)

    return replaced(
        cache,
        layers=tuple(map_fields(move, layer) for layer in cache.layers),
        slots=(map_fields(move, slots),),
        index=cache.index - (int(spare) if backend.EAGER else spare),
    )


def _distinct(kind: Any) -> Any:
    """Keys that sort by kind, and by place within a kind."""
    size = kind.shape[1]
    return kind * size + ops.arange(size, dtype="int32")
