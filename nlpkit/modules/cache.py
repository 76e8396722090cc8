"""Keys and values of earlier tokens, kept for decoding.

The cache of one attention layer is a pair of keys and values `[B G, S, D]`, `()` for one yet to be
made, or KerasHub's single array `[B, 2, S, G, D]`. On CPUs XLA's loops write into a pair in place
if products alone read it, and a product has one axis of batches. With B and G apart, or behind S,
all of the cache would be copied several times a token (640 slots: read at 4 GB/s in place of 14).

The cache of a whole stack is a dict, so that it can pass through compiled loops:

- "layers": a tuple with the pair of each layer;
- "positions", "sequence_ids": int32 `[B, S]` of each slot, by the kind of slots ("all", or "32" for
  a ring of 32 slots, which is all that a window of 32 tokens can see). Sequence id 0 is a slot that
  nobody sees: padding, not written yet, or taken back;
- "index": int32, how many slots are taken, in all rows alike;
- "length": int32 `[B]`, how many tokens each row has, which is the position of its next one;
- "reach": int32 `[B]`, how many it may come to have.

On PyTorch slots are written in place, and "index" is an int: only taken slots are looked at.

Letters: B batch, T new tokens, S slots, G key/value heads, D head size.
"""

from typing import Any

import keras
from keras import ops

from nlpkit._types import Cache, Tensor
from nlpkit.ops import backend
from nlpkit.ops.backend import heads_as_rows, rows_as_heads

ALL = "all"


def write(cache: Cache, keys: Tensor, values: Tensor, index: Tensor) -> Any:
    """Put keys and values `[B, T, G, D]` into the slots from `index` on; return the new cache."""
    if not isinstance(cache, tuple):
        update = ops.cast(ops.stack([keys, values], axis=1), cache.dtype)
        return ops.slice_update(cache, [0, 0, index, 0, 0], update)
    pairs = zip(cache, (keys, values), strict=True)
    return tuple(_put(old, heads_as_rows(new), index) for old, new in pairs)


def read(cache: Cache, heads: int) -> tuple[Any, Any]:
    """The keys and values of all slots, `[B, S, G, D]` each: there are so many heads."""
    if isinstance(cache, tuple):
        return rows_as_heads(cache[0], heads), rows_as_heads(cache[1], heads)
    return cache[:, 0], cache[:, 1]


def kind_of(window: int | None, slots: int, *, ring: bool) -> str:
    """The kind of slots that a layer with this window has in a cache of so many slots."""
    return str(window) if ring and window is not None and window < slots else ALL


def size_of(kind: str, slots: int) -> int:
    """The number of slots of a kind."""
    return slots if kind == ALL else int(kind)


def spread(x: Tensor, kind: str, slots: int) -> Any:
    """Lay what a prompt's T tokens have, `[B, T]` or `[B G, T, D]`, into the slots of a kind."""
    length, size = x.shape[1], size_of(kind, slots)
    if length > size:
        return ops.roll(x[:, length - size :], length % size, axis=1)
    return ops.pad(x, [(0, 0), (0, size - length), (0, 0)][: len(x.shape)])


def make(
    layers: list[tuple[str, Any]],
    sequence_ids: Tensor,
    positions: Tensor,
    reach: Tensor,
    slots: int,
) -> dict[str, Any]:
    """The cache of a stack after its prompt.

    Args:
        layers: each layer's kind of slots, and its keys and values `[B, T, G, D]`.
        sequence_ids, positions: int32 `[B, T]`, of the prompt.
        reach: int32 `[B]`.
        slots: int. Slots of the kind "all".
    """
    kinds = sorted({kind for kind, _ in layers})
    length = positions.shape[1]
    return {
        "layers": tuple(
            tuple(spread(heads_as_rows(x), kind, slots) for x in pair) for kind, pair in layers
        ),
        "sequence_ids": {kind: spread(sequence_ids, kind, slots) for kind in kinds},
        "positions": {kind: spread(positions, kind, slots) for kind in kinds},
        "index": length if backend.EAGER else ops.convert_to_tensor(length, dtype="int32"),
        "length": ops.max(ops.where(sequence_ids > 0, positions + 1, 0), axis=1),
        "reach": reach,
    }


def of_array(array: Tensor, index: Tensor) -> dict[str, Any]:
    """The stack cache of `[B, layers, 2, S, G, D]`, of which `index` slots are taken."""
    rows, layers, _, slots = array.shape[:4]
    positions = ops.tile(ops.arange(slots, dtype="int32")[None], (rows, 1))
    index = int(index) if backend.EAGER else ops.cast(index, "int32")
    return {
        # Copies: what is written in place is not the caller's.
        "layers": tuple(
            tuple(ops.copy(heads_as_rows(array[:, i, part])) for part in (0, 1))
            for i in range(layers)
        ),
        "sequence_ids": {ALL: ops.cast(positions < index, "int32")},
        "positions": {ALL: positions},
        "index": index,
        "length": ops.broadcast_to(ops.convert_to_tensor(index, dtype="int32"), (rows,)),
        "reach": ops.full((rows,), slots, dtype="int32"),
    }


def as_array(cache: dict[str, Any], heads: int) -> Any:
    """The inverse of `of_array`."""
    layers = [
        ops.stack([rows_as_heads(x, heads) for x in pair], axis=1) for pair in cache["layers"]
    ]
    return ops.stack(layers, axis=1)


def append(cache: dict[str, Any], tokens: int) -> dict[str, Any]:
    """Enter the positions and sequence ids of so many new tokens a row."""
    positions = cache["length"][:, None] + ops.arange(tokens, dtype="int32")  # B T
    places = {"positions": positions, "sequence_ids": ops.ones_like(positions)}
    entered = {
        name: {
            kind: _put(old, new, first_slot(kind, cache["index"]))
            for kind, old in cache[name].items()
        }
        for name, new in places.items()
    }
    return cache | entered | {"index": cache["index"] + tokens, "length": cache["length"] + tokens}


def first_slot(kind: str, index: Tensor) -> Any:
    """The slot of a kind that follows `index` tokens."""
    return index if kind == ALL else index % int(kind)


def taken(x: Tensor, kind: str, index: Tensor) -> Any:
    """The slots of `x` that may be taken when `index` are: on PyTorch a part, elsewhere all."""
    if not backend.EAGER:
        return x
    return x[:, : index if kind == ALL else min(index, int(kind))]


def replace_layers(cache: dict[str, Any], layers: list[Any]) -> dict[str, Any]:
    """The cache with the layers' new pairs; on PyTorch they were written in place."""
    return cache if backend.EAGER else cache | {"layers": tuple(layers)}


def take_rows(cache: dict[str, Any], rows: Tensor) -> dict[str, Any]:
    """The cache of other rows: int32 `[B']` says which row of this one each of them is."""
    count = cache["length"].shape[0]

    def take(x: Tensor) -> Any:
        if isinstance(x, int) or not len(x.shape):
            return x
        taken = ops.take(ops.reshape(x, (count, -1, *x.shape[1:])), rows, axis=0)
        return ops.reshape(taken, (-1, *x.shape[1:]))

    return keras.tree.map_structure(take, cache)


def forget(cache: dict[str, Any], kept: Tensor, tokens: int) -> dict[str, Any]:
    """Take back tokens: of the last `tokens` of each row all but the first `kept`, int32 `[B]`.

    Raises:
        ValueError: the cache has rings, in which new tokens took the place of old ones.
    """
    if list(cache["sequence_ids"]) != [ALL]:
        raise ValueError("A cache with rings can't forget; make it by prefill(..., ring=False).")
    sequence_ids = cache["sequence_ids"][ALL]
    back = ops.arange(sequence_ids.shape[1], dtype="int32") - (cache["index"] - tokens)  # S
    gone = ops.logical_and(back >= kept[:, None], back < tokens)  # B S
    return cache | {
        "sequence_ids": {ALL: ops.where(gone, 0, sequence_ids)},
        "length": cache["length"] - tokens + kept,
    }


def _put(old: Tensor, new: Tensor, index: Tensor) -> Any:
    """Write `[B, T]` into `[B, S]`, or `[B G, T, D]` into `[B G, S, D]`, from a slot on."""
    if backend.EAGER:
        old[:, index : index + new.shape[1]].copy_(new)
        return old
    return ops.slice_update(old, [0, index, 0][: len(old.shape)], ops.cast(new, old.dtype))
