"""The keys and values that one attention layer keeps of earlier tokens.

A layer is given a cache of one of these classes, and returns the next. On CPUs XLA's loops write
into `KeyValues` in place if products alone read them, and a product has one axis of batches: with B
and G apart, or behind S, all of the cache would be copied several times a token (640 slots: read at
4 GB/s in place of 14). On PyTorch slots are written in place.

Letters: B batch, T new tokens, S slots, G key/value heads, D head size.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from keras import ops

from nlpkit._types import Tensor
from nlpkit.ops import backend
from nlpkit.ops.backend import heads_as_rows, rows_as_heads
from nlpkit.ops.tree import tree


class LayerCache(Protocol):
    """What attention reads and writes."""

    def update(self, keys: Tensor, values: Tensor, index: Tensor) -> tuple[Any, Any, Any]:
        """Put keys and values `[B, T, G, D]` into the slots from `index` on.

        Returns:
            The keys and values to attend to, `[B, S, G, D]`, and the new cache.
        """

    def read(self, heads: int) -> tuple[Any, Any]:
        """The keys and values of all slots, `[B, S, G, D]`; there are so many heads."""


@tree
class KeyValues:
    """The keys and values in the slots of a layer.

    Attributes:
        keys, values: `[B G, S, D]`, in the layer's compute dtype.
    """

    keys: Tensor
    values: Tensor

    def update(self, keys: Tensor, values: Tensor, index: Tensor) -> tuple[Any, Any, "KeyValues"]:
        """See `LayerCache`."""
        heads = keys.shape[2]
        new_keys = put(self.keys, heads_as_rows(keys), index)
        new_values = put(self.values, heads_as_rows(values), index)
        new = self if backend.EAGER else KeyValues(new_keys, new_values)
        return *new.read(heads), new

    def read(self, heads: int) -> tuple[Any, Any]:
        """See `LayerCache`."""
        return rows_as_heads(self.keys, heads), rows_as_heads(self.values, heads)


@dataclass(frozen=True)
class EmptyKeyValues:
    """A cache yet to be made, of a prompt's keys and values: these are attended to as they are.

    Attributes:
        slots: int. The number of slots; if the prompt has more tokens, a ring of the last ones.
    """

    slots: int

    def update(self, keys: Tensor, values: Tensor, index: Tensor) -> tuple[Any, Any, KeyValues]:
        """See `LayerCache`; the index is 0."""
        new = KeyValues(*(spread(heads_as_rows(x), self.slots) for x in (keys, values)))
        return keys, values, new

    def read(self, heads: int) -> tuple[Any, Any]:
        """There is nothing to read."""
        raise ValueError("An empty cache can't be read; it needs cache_update_index=0.")


@dataclass(frozen=True)
class KeyValueArray:
    """Keys and values as KerasHub's layers have them.

    Attributes:
        array: float `[B, 2, S, G, D]`.
    """

    array: Tensor

    def update(
        self, keys: Tensor, values: Tensor, index: Tensor
    ) -> tuple[Any, Any, "KeyValueArray"]:
        """See `LayerCache`."""
        update = ops.cast(ops.stack([keys, values], axis=1), self.array.dtype)
        new = KeyValueArray(ops.slice_update(self.array, [0, 0, index, 0, 0], update))
        return *new.read(keys.shape[2]), new

    def read(self, heads: int) -> tuple[Any, Any]:
        """See `LayerCache`."""
        return self.array[:, 0], self.array[:, 1]


def spread(x: Tensor, slots: int) -> Any:
    """Lay what a prompt's T tokens have, `[B, T]` or `[B G, T, D]`, into so many slots."""
    length = x.shape[1]
    if length > slots:
        return ops.roll(x[:, length - slots :], length % slots, axis=1)
    return ops.pad(x, [(0, 0), (0, slots - length), (0, 0)][: len(x.shape)])


def put(old: Tensor, new: Tensor, index: Tensor) -> Any:
    """Write `[B, T]` into `[B, S]`, or `[B G, T, D]` into `[B G, S, D]`, from a slot on."""
    if backend.EAGER:
        old[:, index : index + new.shape[1]].copy_(new)
        return old
    return ops.slice_update(old, [0, index, 0][: len(old.shape)], ops.cast(new, old.dtype))
