"""CachedMultiHeadAttention: multi-head attention with a key/value cache.

Axes: B batch, T queries, S keys (slots of the cache), H heads, D features of one head.
"""

from functools import reduce
from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Cache, Tensor
from nlpkit.modules.caching.layer_cache import KeyValueArray
from nlpkit.modules.calling.seed_state import SeedState
from nlpkit.ops.attention import attend, attend_with_weights

_MASKED = -1e30


class CachedMultiHeadAttention(SeedState, Configurable, keras.layers.MultiHeadAttention):
    """Attend to keys and values that may come from a cache.

    This is `keras.layers.MultiHeadAttention` (Vaswani et al., 2017, arXiv:1706.03762) plus a cache
    of projected keys and values for decoding token by token:

    - without `cache`: ordinary attention;
    - with `cache` and `cache_update_index`: the new keys and values are written to the slots from
      that index on, and the queries attend to the whole cache;
    - with `cache` alone: the queries attend to it unchanged (cross-attention), and `value` and
      `key` are ignored.

    Args:
        num_heads: int. The number of heads H.
        key_dim: int. The size of a query and key of one head.
        flash_attention: bool or None. Whether to require Keras' flash attention; None lets
            nlpkit choose the kernel.
        **kwargs: the other arguments of `keras.layers.MultiHeadAttention`.

    Call arguments:
        query: float tensor `[B, T, dim]`.
        value: float tensor `[B, S, dim]`; only the new tokens when they are written to the cache.
        key: float tensor like `value`; None uses `value`.
        attention_mask: bool tensor `[B, T, S]`, or `[T, S]` for all rows, True = may attend; S
            is the number of cache slots.
        cache: float tensor `[B, 2, S, H, D]` of keys and values, or None.
        cache_update_index: int or int tensor. The first slot to write.
        return_attention_scores: bool. Whether to return the weights `[B, H, T, S]` too.
        training: bool or None. Whether dropout is applied.
        use_causal_mask: bool. Whether a query attends only to slots up to its own; with a
            cache, its slot is counted from `cache_update_index`.
        query_mask: bool tensor `[B, T]`. Passed on with the output.
        value_mask, key_mask: bool tensors `[B, S]`, True = may be attended to; not used with a
            cache.

    Returns:
        `output`, or a tuple of `output`, the scores if asked for, and the new cache if one was
        given. The output is a float tensor `[B, T, dim]`.

    Raises:
        ValueError: `cache_update_index` is given without `cache`, or `use_causal_mask=True` with
            a cache but no `cache_update_index`.

    Example:
        >>> import keras
        >>> attention = nlpkit.layers.CachedMultiHeadAttention(num_heads=2, key_dim=4)
        >>> token = keras.random.normal((1, 1, 8))
        >>> cache = keras.ops.zeros((1, 2, 16, 2, 4))
        >>> output, cache = attention(
        ...     token, token, cache=cache, cache_update_index=0, use_causal_mask=True
        ... )
        >>> tuple(output.shape), tuple(cache.shape)
        ((1, 1, 8), (1, 2, 16, 2, 4))
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        *args: Any,
        flash_attention: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_heads, key_dim, *args, flash_attention=flash_attention, **kwargs)
        self.flash_attention = flash_attention

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor = None,
        attention_mask: Tensor = None,
        cache: Cache = None,
        cache_update_index: Tensor = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        query_mask: Tensor = None,
        value_mask: Tensor = None,
        key_mask: Tensor = None,
    ) -> Any:
        _check_cache_arguments(cache, cache_update_index, use_causal_mask)
        queries = self._query_dense(query)  # B T H D
        keys, values, cache = self._keys_and_values(
            value if key is None else key, value, cache, cache_update_index
        )
        masks = [] if attention_mask is None else [_batched(attention_mask)]
        if cache is None:
            token_masks = [mask for mask in (value_mask, key_mask) if mask is not None]
            masks += [ops.cast(mask, "bool")[:, None, :] for mask in token_masks]
        masks += self._distance_masks(queries, keys, cache_update_index, use_causal_mask)
        attended, scores = self._compute_attention(
            queries, keys, values, _all(masks), training, return_attention_scores
        )
        if self._use_gate:
            attended = attended * self._gate_dense(query)
        output = self._output_dense(attended)
        extras = (scores,) if return_attention_scores else ()
        extras += () if cache is None else (cache,)
        return (output, *extras) if extras else output

    def _generators(self) -> list[Any]:
        return [self._dropout_layer.seed_generator] if self._dropout else []

    def _keys_and_values(self, key: Tensor, value: Tensor, cache: Cache, index: Tensor) -> tuple:
        if cache is None:
            return self._key_dense(key), self._value_dense(value), None
        if index is None:
            return *KeyValueArray(cache).read(self._num_heads), cache
        projected = self._key_dense(key), self._value_dense(value)
        keys, values, written = KeyValueArray(cache).update(*projected, index)
        return keys, values, written.array

    def _distance_masks(
        self, queries: Tensor, keys: Tensor, index: Tensor, causal: bool
    ) -> list[Any]:
        if not causal and self._sliding_window is None:
            return []
        start = 0 if index is None else ops.cast(index, "int32")
        rows = start + ops.arange(ops.shape(queries)[1], dtype="int32")
        columns = ops.arange(ops.shape(keys)[1], dtype="int32")
        distance = (rows[:, None] - columns)[None]  # 1 T S
        masks = [distance >= 0] if causal else []
        if self._sliding_window is not None:
            masks.append(ops.abs(distance) < self._sliding_window)
        return masks

    def _compute_attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        **kwargs: Any,
    ) -> tuple[Any, Any]:
        if self.flash_attention or len(query.shape) != 4 or self._attention_axes != (1,):
            return super()._compute_attention(
                query, key, value, attention_mask, training, return_attention_scores, **kwargs
            )
        arguments: dict[str, Any] = {"scale": self._inverse_sqrt_key_dim, "mask": attention_mask}
        if attention_mask is not None and len(attention_mask.shape) == 4:  # one mask per head
            arguments["mask"] = None
            arguments["bias"] = ops.where(attention_mask, 0.0, _MASKED)
        if self._dropout and training:
            arguments |= {"dropout": self._dropout, "seed": self._dropout_layer.seed_generator}
        if return_attention_scores or self._value_dim != self._key_dim:
            return attend_with_weights(query, key, value, **arguments)
        return attend(query, key, value, **arguments), None

    def compute_output_spec(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor = None,
        attention_mask: Tensor = None,
        cache: Cache = None,
        cache_update_index: Tensor = None,
        return_attention_scores: bool = False,
        **kwargs: Any,
    ) -> Any:
        shape = self.compute_output_shape(query.shape, value.shape, getattr(key, "shape", None))
        output = keras.KerasTensor(shape, dtype=self.compute_dtype)
        slots = value.shape[1] if cache is None else cache.shape[2]
        scores_shape = (query.shape[0], self._num_heads, query.shape[1], slots)
        extras: tuple = ()
        if return_attention_scores:
            extras = (keras.KerasTensor(scores_shape, dtype=self.compute_dtype),)
        extras += () if cache is None else (keras.KerasTensor(cache.shape, dtype=cache.dtype),)
        return (output, *extras) if extras else output


def _batched(mask: Tensor) -> Any:
    """Give a mask `[T, S]` a batch axis; `[B, T, S]` and `[B, H, T, S]` have one."""
    mask = ops.cast(mask, "bool")
    return mask[None] if len(mask.shape) == 2 else mask


def _all(masks: list[Any]) -> Any:
    """Combine masks `[B, T, S]` or `[B, H, T, S]`; None if there are none."""
    rank = max((len(mask.shape) for mask in masks), default=0)
    masks = [ops.expand_dims(mask, 1) if len(mask.shape) < rank else mask for mask in masks]
    return reduce(ops.logical_and, masks) if masks else None


def _check_cache_arguments(cache: Cache, index: Tensor, causal: bool) -> None:
    if cache is None and index is not None:
        raise ValueError(
            f"cache_update_index is where to write in a cache, so it needs cache; got "
            f"cache_update_index={index}, cache=None."
        )
    if cache is not None and index is None and causal:
        raise ValueError(
            "use_causal_mask=True with a cache needs cache_update_index, the position of the "
            "first query; got None, which attends to the cache of another sequence."
        )
