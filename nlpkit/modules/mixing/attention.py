"""Multi-head attention, of which all transformers here are built."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Initializer, Shape, Tensor
from nlpkit.modules.caching.layer_cache import LayerCache
from nlpkit.modules.calling.direct_call import DirectCall
from nlpkit.modules.calling.seed_state import SeedState
from nlpkit.modules.dense import built_dense
from nlpkit.modules.sublayer import build_sublayer
from nlpkit.ops import backend
from nlpkit.ops.attention import attend, attend_with_weights
from nlpkit.ops.rotary import apply_rotary


class Attention(SeedState, DirectCall, Configurable, keras.layers.Layer):
    """Attend from `hidden` to itself or to `context`, with grouped queries and an optional cache.

    Args:
        num_heads: int. Number H of query heads.
        num_key_value_heads: int. Number G of key and value heads; divides `num_heads`.
        head_dim: int. Size D of each head.
        scale: float. Factor of the attention scores, usually `head_dim ** -0.5`.
        input_bias: bool. Whether the query, key and value projections have a bias.
        key_bias: bool. Whether the key projection has one, too.
        output_bias: bool. Whether the output projection has a bias.
        query_norm, key_norm: layers or None. Applied to each head, or to all of them side by side.
        norm_over: "head" or "width".
        rotary_layout: "half" or "interleaved", see `nlpkit.ops.rotary.apply_rotary`.
        sinks: bool. Whether each head has a learned score that takes weight from all tokens.
        soft_cap: float. See `nlpkit.ops.attention.attend`; None leaves it out.
        dropout: float. Dropout rate of the attention weights.
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
        query_norm: Any = None,
        key_norm: Any = None,
        norm_over: str = "head",
        rotary_layout: Any = "half",
        sinks: bool = False,
        soft_cap: float | None = None,
        key_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
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
        self.query_norm = query_norm
        self.key_norm = key_norm
        self.norm_over = norm_over
        self.rotary_layout = rotary_layout
        self.sinks = sinks
        self.soft_cap = soft_cap
        self.key_bias = key_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.supports_masking = True
        self._seed = keras.random.SeedGenerator() if dropout else None

    def build(self, hidden_shape: Shape, context_shape: Shape = None) -> None:
        """Make the four projections."""
        width, key_width = (n * self.head_dim for n in (self.num_heads, self.num_key_value_heads))
        context_shape = context_shape or hidden_shape
        biased = self.input_bias
        of_keys = biased and self.key_bias
        self.query = built_dense(self, "query", width, hidden_shape, use_bias=biased)
        self.key = built_dense(self, "key", key_width, context_shape, use_bias=of_keys)
        self.value = built_dense(self, "value", key_width, context_shape, use_bias=biased)
        self.output_dense = built_dense(
            self,
            "output",
            hidden_shape[-1],
            (*hidden_shape[:-1], width),
            use_bias=self.output_bias,
        )
        for norm, size in ((self.query_norm, width), (self.key_norm, key_width)):
            if norm is not None:
                features = size if self.norm_over == "width" else self.head_dim
                build_sublayer(norm, (None, None, features))
        self.sink_logits = None
        if self.sinks:
            self.sink_logits = self.add_weight(
                name="sinks", shape=(self.num_heads,), initializer="zeros"
            )

    def call(
        self,
        hidden: Tensor,
        context: Tensor = None,
        *,
        attention_mask: Tensor = None,
        bias: Tensor = None,
        rotary: Tensor = None,
        cache: LayerCache | None = None,
        cache_update_index: Tensor = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Any:
        """Attend.

        Args:
            hidden: float `[B, T, dim]`.
            context: float `[B, S, dim]`, what is attended to; None for `hidden`.
            attention_mask: bool `[B, T, S]`, True = may attend. (An argument named `mask` would be
                Keras' own, and be attached to the outputs.)
            bias: float, broadcastable to `[B, H, T, S]`, added to the scaled scores.
            rotary: cosines and sines for `nlpkit.ops.rotary.apply_rotary`.
            cache: `LayerCache`. Keys and values to attend to instead of `context`'s; those that are
                read as they are may be of fewer rows, each for as many rows of `hidden`.
            cache_update_index: int. Slot from which the keys and values of `context` are written
                first; None reads the cache as it is.
            return_attention_scores: bool. Whether to return the attention weights too.
            training: bool. Whether to apply dropout.

        Returns:
            float `[B, T, dim]`; as a tuple, followed by the weights `[B, H, T, S]` if asked for,
            and by the new cache if one was given.
        """
        key, value, cache = self._keys_and_values(
            hidden if context is None else context, rotary, cache, cache_update_index
        )  # B S G D
        shape, sizes = hidden.shape, {hidden.shape[0], key.shape[0]} - {None}
        shared = len(sizes) > 1
        if shared:  # The keys of one row are those of several, such as beams: attend from all.
            hidden = ops.reshape(hidden, (key.shape[0], -1, shape[-1]))
        query = self._heads(self.query(hidden), self.query_norm, self.num_heads, rotary)  # B T H D
        function = attend_with_weights if return_attention_scores else attend
        attended = function(
            query,
            key,
            value,
            scale=self.scale,
            mask=attention_mask,
            bias=self._score_bias(query, key, bias, training),
            soft_cap=self.soft_cap,
            sinks=self.sink_logits,
            dropout=self.dropout if training else 0.0,
            seed=self._seed,
        )
        extras: tuple[Any, ...] = (attended[1],) if return_attention_scores else ()
        attended = attended[0] if return_attention_scores else attended
        extras += () if cache is None else (cache,)
        output = self.output_dense(backend.merge_heads(attended, self.num_heads, self.head_dim))
        output = ops.reshape(output, shape) if shared else output
        return (output, *extras) if extras else output

    def _score_bias(self, query: Tensor, key: Tensor, bias: Any, training: bool | None) -> Any:
        """What is added to the scaled scores; a subclass may compute it from queries and keys."""
        return bias

    def _keys_and_values(
        self, context: Tensor, rotary: Tensor, cache: LayerCache | None, index: Tensor
    ) -> tuple[Any, Any, LayerCache | None]:
        if cache is not None and index is None:
            return *cache.read(self.num_key_value_heads), cache
        key = self._heads(self.key(context), self.key_norm, self.num_key_value_heads, rotary)
        value = self._heads(self.value(context), None, self.num_key_value_heads, None)
        return (key, value, None) if cache is None else cache.update(key, value, index)

    def _heads(self, x: Tensor, norm: Any, heads: int, rotary: Tensor) -> Any:
        """Normalize, split into heads, rotate."""
        if norm is not None and self.norm_over == "width":
            x = norm(x)
        x = backend.split_heads(x, heads, self.head_dim)
        if norm is not None and self.norm_over == "head":
            x = norm(x)
        if rotary is None:
            return x
        cos, sin = rotary
        return apply_rotary(x, cos, sin, self.rotary_layout)

    def compute_output_shape(self, hidden_shape: Shape, *_: Any, **__: Any) -> Any:
        """The shape of `hidden`."""
        return hidden_shape
