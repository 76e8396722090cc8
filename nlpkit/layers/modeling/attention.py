"""Multi-head attention: the one all transformers here are built of."""

from typing import Any

import keras
from keras import ops

from nlpkit.layers.modeling import cache as key_value_cache
from nlpkit.layers.modeling.dense import built_dense
from nlpkit.ops.attention import attend, attend_with_weights


class Attention(keras.layers.Layer):
    """Attend from `hidden` to itself or to `context`, with grouped heads and an optional cache.

    Args:
        num_heads: int. Query heads H.
        num_key_value_heads: int. Key/value heads G; divides `num_heads`.
        head_dim: int. Size D of a head.
        scale: float. Factor of the query-key products, usually `head_dim ** -0.5`.
        input_bias: bool. Whether the query, key and value projections have a bias.
        output_bias: bool. Whether the output projection has a bias.
        soft_cap: float. See `nlpkit.ops.attention.attend`; None leaves it out.
        dropout: float. Rate of attention weights dropped in training.
        kernel_initializer, bias_initializer: of the projections.
    """

    def __init__(
        self,
        num_heads: int,
        num_key_value_heads: int,
        head_dim: int,
        *,
        scale: float,
        input_bias: bool,
        output_bias: bool,
        dropout: float,
        soft_cap: float | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if num_heads % num_key_value_heads:
            raise ValueError(
                "num_key_value_heads must divide num_heads; got "
                f"num_key_value_heads={num_key_value_heads}, num_heads={num_heads}."
            )
        self.num_heads = num_heads
        self.num_key_value_heads = num_key_value_heads
        self.head_dim = head_dim
        self.scale = scale
        self.input_bias = input_bias
        self.output_bias = output_bias
        self.dropout = dropout
        self.soft_cap = soft_cap
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.supports_masking = True
        self._seed = keras.random.SeedGenerator() if dropout else None

    def build(self, hidden_shape: Any, context_shape: Any = None) -> None:
        """Make the four projections."""
        width, key_width = (n * self.head_dim for n in (self.num_heads, self.num_key_value_heads))
        context_shape = context_shape or hidden_shape
        biased = {"use_bias": self.input_bias}
        self.query = built_dense(self, "query", width, hidden_shape, **biased)
        self.key = built_dense(self, "key", key_width, context_shape, **biased)
        self.value = built_dense(self, "value", key_width, context_shape, **biased)
        self.output_dense = built_dense(
            self,
            "output",
            hidden_shape[-1],
            (*hidden_shape[:-1], width),
            use_bias=self.output_bias,
        )

    def call(
        self,
        hidden: Any,
        context: Any = None,
        *,
        attention_mask: Any = None,
        bias: Any = None,
        cache: Any = None,
        cache_update_index: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Any:
        """Attend.

        Args:
            hidden: float `[B, T, dim]`.
            context: float `[B, S, dim]`, what is attended to; None for `hidden`.
            attention_mask: bool `[B, T, S]`, True = may attend. (An argument named `mask` would be
                Keras' own, and be attached to the outputs.)
            bias: float, broadcastable to `[B, H, T, S]`, added to the scaled products.
            cache: `[B, 2, slots, G, D]`, keys and values to attend to instead of `context`'s.
            cache_update_index: int. Slot from which the keys and values of `context` are written
                first; None reads the cache as it is.
            return_attention_scores: bool. Whether to return the attention weights too.
            training: bool. Whether to drop weights.

        Returns:
            float `[B, T, dim]`; as a tuple, followed by the weights `[B, H, T, S]` if asked for,
            and by the updated cache if one was given.
        """
        query = self._split(self.query(hidden), self.num_heads)  # B T H D
        context = hidden if context is None else context
        if cache is None or cache_update_index is not None:
            key = self._split(self.key(context), self.num_key_value_heads)  # B S G D
            value = self._split(self.value(context), self.num_key_value_heads)  # B S G D
        if cache is not None:
            if cache_update_index is not None:
                cache = key_value_cache.write(cache, key, value, cache_update_index)
            key, value = key_value_cache.read(cache)
        function = attend_with_weights if return_attention_scores else attend
        attended = function(
            query,
            key,
            value,
            scale=self.scale,
            mask=attention_mask,
            bias=bias,
            soft_cap=self.soft_cap,
            dropout=self.dropout if training else 0.0,
            seed=self._seed,
        )
        extras = (attended[1],) if return_attention_scores else ()
        attended = attended[0] if return_attention_scores else attended
        extras += () if cache is None else (cache,)
        output = self.output_dense(self._merge(attended))
        return (output, *extras) if extras else output

    def _split(self, x: Any, heads: int) -> Any:
        return ops.reshape(x, (*ops.shape(x)[:2], heads, self.head_dim))

    def _merge(self, x: Any) -> Any:
        return ops.reshape(x, (*ops.shape(x)[:2], self.num_heads * self.head_dim))

    def compute_output_shape(self, hidden_shape: Any, *_: Any, **__: Any) -> Any:
        """The shape of `hidden`."""
        return hidden_shape
