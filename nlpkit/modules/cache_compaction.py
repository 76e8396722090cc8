"""Closing the holes that taking back tokens leaves in a cache.

Letters: B batch, S slots.
"""

from typing import Any

from keras import ops

from nlpkit._types import Tensor
from nlpkit.modules.cache import ALL
from nlpkit.ops import backend


def with_room(cache: dict[str, Any], tokens: int) -> dict[str, Any]:
    """The cache with room for so many tokens more: as it is, or compacted if there is none."""
    slots = cache["sequence_ids"][ALL].shape[1]
    full = cache["index"] + tokens > slots
    return ops.cond(full, lambda: compact(cache), lambda: cache)


def compact(cache: dict[str, Any]) -> dict[str, Any]:
    """Move tokens together, as far as the row with the fewest holes allows.

    All rows still end in the same slot. The cache must not have rings.

    Args:
        cache: see `nlpkit.modules.cache`.
    """
    index, sequence_ids = cache["index"], cache["sequence_ids"][ALL]
    taken = ops.arange(sequence_ids.shape[1], dtype="int32") < index  # S
    holes = ops.logical_and(sequence_ids == 0, taken)  # B S
    spare = ops.min(ops.sum(ops.cast(holes, "int32"), axis=1))
    # First holes, then tokens in their order, then slots not taken yet; and the spare holes last.
    kind = ops.where(taken, ops.where(holes, 0, 1), 2)
    order = ops.cast(ops.argsort(_distinct(kind), axis=1), "int32")
    places = ops.arange(sequence_ids.shape[1], dtype="int32") + spare
    order = ops.take(order, places % sequence_ids.shape[1], axis=1)  # B S

    def move(x: Tensor) -> Any:
        if len(x.shape) == 2:
            return ops.take_along_axis(x, order, axis=1)
        heads = x.shape[0] // order.shape[0]
        return ops.take_along_axis(x, ops.repeat(order, heads, axis=0)[:, :, None], axis=1)

    if backend.EAGER:
        spare = int(spare)
    moved = {name: {ALL: move(cache[name][ALL])} for name in ("positions", "sequence_ids")}
    layers = tuple(tuple(move(x) for x in pair) for pair in cache["layers"])
    return cache | moved | {"layers": layers, "index": index - spare}


def _distinct(kind: Any) -> Any:
    """Keys that sort by kind, and by place within a kind."""
    size = kind.shape[1]
    return kind * size + ops.arange(size, dtype="int32")
