"""The key/value cache of a stack of layers, kept for decoding.

Letters: B batch, T new tokens, S slots, L layers, G key/value heads, D head size.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from keras import ops

from nlpkit._types import Tensor
from nlpkit.modules.caching.layer_cache import KeyValues, put, spread
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.ops import backend
from nlpkit.ops.backend import heads_as_rows, rows_as_heads
from nlpkit.ops.tree import map_fields, replaced, static, tree


@tree
class Slots:
    """The tokens in the slots of all layers that have as many.

    Attributes:
        positions: int32 `[B, S]`.
        sequence_ids: int32 `[B, S]`. 0 is a slot that no token sees: padding, not written yet, or
            taken back.
        ring: int or None, static. The slots are a ring of so many, which is all that a window of
            this size can see; None: a token keeps its slot.
    """

    positions: Tensor
    sequence_ids: Tensor
    ring: int | None = static(default=None)

    def first(self, index: Tensor) -> Any:
        """The slot that follows `index` tokens."""
        return index if self.ring is None else index % self.ring

    def taken(self, x: Tensor, index: Tensor) -> Any:
        """The slots of `x` that may be taken when `index` are: on PyTorch a part, else all."""
        if not backend.EAGER:
            return x
        return x[:, : index if self.ring is None else min(index, self.ring)]

    def append(self, positions: Tensor, index: Tensor) -> "Slots":
        """Enter new tokens, whose positions are int32 `[B, T]`, after `index` others."""
        first = self.first(index)
        return Slots(
            put(self.positions, positions, first),
            put(self.sequence_ids, ops.ones_like(positions), first),
            self.ring,
        )


@tree
class Context:
    """The keys and values of the texts that a decoder's cross-attention attends to.

    Attributes:
        layers: a tuple of `KeyValues`, one for each layer.
        mask: `[C, 1, S]`, which of them are of real tokens, as `prepare_mask` makes it.
    """

    layers: tuple[KeyValues, ...]
    mask: Tensor

    def of(self, layer: int) -> dict[str, Any]:
        """The arguments of a block."""
        return {"cross_cache": self.layers[layer], "cross_attention_mask": self.mask}


@tree
class KeyValueCache:
    """Keys and values of all layers, and which tokens they are of.

    Attributes:
        layers: a tuple of `KeyValues`, one for each layer, of the slots that its window needs.
        slots: a tuple of `Slots`, one for each number of slots.
        index: int32 scalar, on PyTorch an int. How many slots are taken, in all rows alike.
        length: int32 `[B]`. How many tokens each row has, which is the position of its next one.
        reach: int32 `[B]`. How many it may come to have.
        context: `Context` of C texts; the rows of one are side by side, and as many for each. None
            for a decoder without cross-attention.
    """

    layers: tuple[KeyValues, ...]
    slots: tuple[Slots, ...]
    index: Tensor
    length: Tensor
    reach: Tensor
    context: Context | None = None

    @property
    def has_rings(self) -> bool:
        """Whether new tokens took the place of old ones."""
        return any(slots.ring is not None for slots in self.slots)

    def slots_of(self, window: int | None) -> Slots:
        """The slots of layers with this window, or without one."""
        for slots in self.slots:
            if slots.ring == window:
                return slots
        return next(slots for slots in self.slots if slots.ring is None)

    def taken(self, layer: int, slots: Slots) -> KeyValues:
        """The keys and values of a layer that may be seen: on PyTorch those of taken slots."""
        held = self.layers[layer]
        if not backend.EAGER:
            return held
        return KeyValues(slots.taken(held.keys, self.index), slots.taken(held.values, self.index))

    def append(self, tokens: int) -> "KeyValueCache":
        """Enter the positions and sequence ids of so many new tokens a row."""
        positions = self.length[:, None] + ops.arange(tokens, dtype="int32")  # B T
        return replaced(
            self,
            slots=tuple(slots.append(positions, self.index) for slots in self.slots),
            index=self.index + tokens,
            length=self.length + tokens,
        )

    def replace_layers(self, layers: Iterable[KeyValues]) -> "KeyValueCache":
        """Hold the layers' new keys and values; on PyTorch they were written in place."""
        return self if backend.EAGER else replaced(self, layers=tuple(layers))

    def take_rows(self, rows: Tensor) -> "KeyValueCache":
        """The cache of other rows: int32 `[B']` says which row of this one each of them is.

        The context stays as it is: rows stay at its text's place.
        """
        take = partial(rows_taken, rows=rows, count=self.length.shape[0])
        return replaced(
            self,
            layers=tuple(map_fields(take, layer) for layer in self.layers),
            slots=tuple(map_fields(take, slots) for slots in self.slots),
            length=take(self.length),
            reach=take(self.reach),
        )

    def forget(self, kept: Tensor, tokens: int) -> "KeyValueCache":
        """Take back tokens: of the last `tokens` of each row all but the first `kept`, int32 `[B]`.

        Raises:
            ValueError: the cache has rings, in which new tokens took the place of old ones.
        """
        if self.has_rings:
            raise ValueError("A cache with rings can't forget; make it of Prompt(ring=False).")
        (slots,) = self.slots
        count = slots.sequence_ids.shape[1]
        back = ops.arange(count, dtype="int32") - (self.index - tokens)  # S
        gone = ops.logical_and(back >= kept[:, None], back < tokens)  # B S
        sequence_ids = ops.where(gone, 0, slots.sequence_ids)
        return replaced(
            self,
            slots=(replaced(slots, sequence_ids=sequence_ids),),
            length=self.length - tokens + kept,
        )


def rows_taken(x: Tensor, rows: Tensor, count: int) -> Any:
    """Take rows, int32 `[B']`, of a tensor `[B ...]` or `[B G ...]`, where B is `count`."""
    taken = ops.take(ops.reshape(x, (count, -1, *x.shape[1:])), rows, axis=0)
    return ops.reshape(taken, (-1, *x.shape[1:]))


def cache_of_prompt(
    prompt: Prompt,
    sequence_ids: Tensor,
    positions: Tensor,
    layers: Iterable[tuple[int | None, KeyValues]],
) -> KeyValueCache:
    """The cache of a stack after its prompt.

    Args:
        prompt: `Prompt`.
        sequence_ids, positions: int32 `[B, T]`, of the prompt.
        layers: each layer's ring (see `Prompt.ring_of`), and its keys and values.
    """
    rings, held = zip(*layers, strict=True)
    length = positions.shape[1]
    slots = []
    for ring in dict.fromkeys(rings):
        size = ring or prompt.slots
        slots.append(Slots(spread(positions, size), spread(sequence_ids, size), ring))
    return KeyValueCache(
        layers=held,
        slots=tuple(slots),
        index=length if backend.EAGER else ops.convert_to_tensor(length, dtype="int32"),
        length=ops.max(ops.where(sequence_ids > 0, positions + 1, 0), axis=1),
        reach=prompt.reach,
    )


def cache_of_array(array: Tensor, index: Tensor) -> KeyValueCache:
    """The cache of KerasHub's `[B, L, 2, S, G, D]`, of which `index` slots are taken."""
    rows, layers, _, slots = array.shape[:4]
    positions = ops.tile(ops.arange(slots, dtype="int32")[None], (rows, 1))
    index = int(index) if backend.EAGER else ops.cast(index, "int32")
    return KeyValueCache(
        # Copies: what is written in place is not the caller's.
        layers=tuple(
            KeyValues(*(ops.copy(heads_as_rows(array[:, i, part])) for part in (0, 1)))
            for i in range(layers)
        ),
        slots=(Slots(positions, ops.cast(positions < index, "int32")),),
        index=index,
        length=ops.broadcast_to(ops.convert_to_tensor(index, dtype="int32"), (rows,)),
        reach=ops.full((rows,), slots, dtype="int32"),
    )


def array_of_cache(cache: KeyValueCache, heads: int) -> Any:
    """The inverse of `cache_of_array`."""
    layers = [
        ops.stack([rows_as_heads(x, heads) for x in (layer.keys, layer.values)], axis=1)
        for layer in cache.layers
    ]
    return ops.stack(layers, axis=1)
