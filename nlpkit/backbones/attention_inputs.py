"""Masks, biases and rotations for attention, computed once for all layers that are alike.

Letters: B batch, T queries, S keys, H heads, R rotated features.
"""

from typing import Any

from keras import ops

from nlpkit._types import Tensor
from nlpkit.backbones.spec import AttentionSpec, RopeSpec
from nlpkit.layers.modeling.alibi_bias import alibi_slopes
from nlpkit.modules.caching.cache import KeyValueCache, Slots
from nlpkit.ops.attention import prepare_mask
from nlpkit.ops.bfloat16 import round_to_bfloat16
from nlpkit.ops.rotary import inverse_frequencies, rotary_angles
from nlpkit.ops.tree import map_fields
from nlpkit.ops.visibility import visibility


class AttentionInputs:
    """The inputs of attention, from the positions and sequence ids of queries and keys.

    Args:
        sequence_ids: int `[B, T]`, or None: one unpadded sequence per row.
        positions: int `[B or 1, T]`.
        reach: int `[B]`, how many tokens each row may come to have; None: how many it has.
        cache: the stack's cache, whose slots are the keys.
        segment_ids: int `[B, T]`, which layers of biases take, too, if there are any.
        dtype: str. Of the queries.
    """

    def __init__(
        self,
        sequence_ids: Tensor,
        positions: Tensor,
        *,
        reach: Tensor = None,
        cache: KeyValueCache | None = None,
        segment_ids: Tensor = None,
        dtype: str,
    ) -> None:
        self._sequence_ids = sequence_ids
        self._positions = positions
        self._reach = reach
        self._cache = cache
        self._compared = () if segment_ids is None else (segment_ids,)
        self._dtype = dtype
        self._made: dict[Any, Any] = {}

    def of(self, attention: Any, relative: Any = None) -> dict[str, Any]:
        """The arguments that an attention layer is called with.

        Args:
            attention: its spec.
            relative: layer that makes its `bias` of positions, or None.
        """
        if not isinstance(attention, AttentionSpec):
            return {}
        return {
            "attention_mask": self._mask(attention.causal, attention.window),
            "bias": self._bias(attention, relative),
            "rotary": self._rotary(attention.rope),
        }

    def mask_of_source(self, sequence_ids: Tensor) -> Any:
        """The mask of cross-attention to texts with these sequence ids, int `[B, S]`, or None."""
        if sequence_ids is None:
            return None
        if "source" not in self._made:
            queries = self._sequence_ids
            queries = ops.ones_like(self._positions) if queries is None else queries
            mask = ops.equal(queries[:, :, None], sequence_ids[:, None, :])
            self._made["source"] = prepare_mask(mask, self._dtype)
        return self._made["source"]

    def _mask(self, causal: bool, window: int | None) -> Any:
        key = ("mask", causal, window)
        if key not in self._made:
            self._made[key] = prepare_mask(self._visible(causal, window), self._dtype)
        return self._made[key]

    def _visible(self, causal: bool, window: int | None) -> Any:
        queries = self._sequence_ids
        if queries is None:
            if not causal and window is None:
                return None
            queries = ops.ones_like(self._positions)
        keys = self._keys(window)
        return visibility(
            queries,
            self._positions,
            keys.sequence_ids,
            keys.positions,
            causal=causal,
            window=window,
        )

    def _keys(self, window: int | None) -> Slots:
        """The keys that layers with this window see, or without one."""
        cache = self._cache
        if cache is None:
            return Slots(self._positions, self._sequence_ids)
        slots = cache.slots_of(window)
        return map_fields(lambda x: slots.taken(x, cache.index), slots)

    def _bias(self, attention: AttentionSpec, relative: Any) -> Any:
        if relative is None:
            return self._alibi(attention)
        key = ("relative", id(relative), attention.window)
        if key not in self._made:
            keys = self._keys(attention.window)
            self._made[key] = relative(self._positions, keys.positions, *self._compared)
        return self._made[key]

    def _alibi(self, attention: AttentionSpec) -> Any:
        """What is added to the attention scores, float32 `[B, H, T or 1, S]`."""
        if attention.alibi is None:
            return None
        key = ("alibi", attention.alibi, attention.num_heads, attention.window)
        if key not in self._made:
            slopes = ops.convert_to_tensor(alibi_slopes(attention.num_heads))[:, None, None]
            positions = self._keys(attention.window).positions[:, None, None, :]  # B 1 1 S
            if attention.alibi.dtype == "bfloat16":
                # Of positions rather than distances, which rounding would make another number.
                rounded = round_to_bfloat16(positions) * round_to_bfloat16(slopes)
                self._made[key] = round_to_bfloat16(rounded) * attention.alibi.scale
            else:
                distances = positions - self._positions[:, None, :, None]  # B 1 T S
                slopes = slopes * attention.alibi.scale
                self._made[key] = ops.cast(distances, "float32") * slopes
        return self._made[key]

    def _rotary(self, rope: RopeSpec | None) -> Any:
        """Cosines and sines, float32 `[B or 1, T, R / 2]`; None if nothing is rotated."""
        if rope is None or not rope.rotary_dim:
            return None
        if rope not in self._made:
            angles = rotary_angles(self._positions, self._frequencies(rope))
            waves = (ops.cos(angles), ops.sin(angles))
            factor = 1.0 if rope.scaling is None else rope.scaling.attention_factor
            self._made[rope] = waves if factor == 1.0 else tuple(wave * factor for wave in waves)
        return self._made[rope]

    def _frequencies(self, rope: RopeSpec) -> Any:
        """Radians per position of each pair, `[R / 2]`, or `[B, 1, R / 2]` if rows differ."""
        if rope.scaling is None:
            return inverse_frequencies(rope.rotary_dim, rope.max_wavelength)
        frequencies = rope.scaling.frequencies(rope.rotary_dim, rope.max_wavelength)
        if frequencies.ndim == 1:
            return frequencies
        reach = ops.max(self._positions, axis=1) + 1 if self._reach is None else self._reach
        is_long = (reach > rope.scaling.original_length)[:, None, None]  # B 1 1
        short, long = (ops.convert_to_tensor(x) for x in frequencies)
        return ops.where(is_long, long, short)
