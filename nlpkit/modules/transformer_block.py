"""One transformer layer: attention, perhaps cross-attention, feed-forward, each in a residual."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Shape, Tensor
from nlpkit.modules.caching.layer_cache import LayerCache
from nlpkit.modules.calling.direct_call import DirectCall
from nlpkit.modules.calling.seed_state import SeedState
from nlpkit.modules.sublayer import build_sublayer
from nlpkit.ops import backend


class Residual(SeedState, Configurable, keras.layers.Layer):
    """The residual connection of a sub-layer f.

    It computes `output_norm(x + dropout(post_norm(f(pre_norm(x)))))`.

    BERT has only the output norm, GPT-2 and Llama only the pre-norm, Gemma 2 pre and post.

    Args:
        pre_norm, post_norm, output_norm: layers; None leaves one out.
        dropout: float. Dropout rate of the output of the sub-layer.
        scale: float. Factor of that output; None for 1.
    """

    def __init__(
        self,
        *,
        pre_norm: Any = None,
        post_norm: Any = None,
        output_norm: Any = None,
        dropout: float = 0.0,
        scale: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.pre_norm = pre_norm
        self.post_norm = post_norm
        self.output_norm = output_norm
        self.dropout = dropout
        self.scale = scale
        self._seed = keras.random.SeedGenerator() if dropout else None

    def build(self, input_shape: Shape) -> None:
        """Build the norms."""
        for norm in (self.pre_norm, self.post_norm, self.output_norm):
            if norm is not None:
                build_sublayer(norm, input_shape)

    def enter(self, hidden: Tensor) -> Any:
        """The input of the sub-layer."""
        return hidden if self.pre_norm is None else self.pre_norm(hidden)

    def leave(self, hidden: Tensor, update: Tensor, training: bool | None) -> Any:
        """The hidden states plus the sub-layer's output."""
        if self.post_norm is not None:
            update = self.post_norm(update)
        if self.dropout and training:
            update = backend.dropout(update, self.dropout, self._seed)
        if self.scale is not None:
            update = update * self.scale
        # What would overflow the dtype of hidden states comes in another; Keras' sum takes time.
        is_same = hidden.dtype == update.dtype
        hidden = hidden + update if is_same else ops.add(hidden, update)
        return hidden if self.output_norm is None else self.output_norm(hidden)


class TransformerBlock(DirectCall, Configurable, keras.layers.Layer):
    """Self-attention, optional cross-attention and a feed-forward layer, made of the layers given.

    Args:
        attention: `Attention`, self-attention.
        attention_residual: `Residual` around it.
        feed_forward: layer `[B, T, dim] -> [B, T, dim]`.
        feed_forward_residual: `Residual` around it.
        cross_attention: `Attention` to a context.
        cross_attention_residual: `Residual` around it.
        parallel: bool. Whether the feed-forward layer has the same input as self-attention, rather
            than its output; without a pre-norm of its own it shares attention's.
    """

    def __init__(
        self,
        attention: Any,
        attention_residual: Residual,
        feed_forward: Any,
        feed_forward_residual: Residual,
        cross_attention: Any = None,
        cross_attention_residual: Any = None,
        parallel: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.attention = attention
        self.attention_residual = attention_residual
        self.cross_attention = cross_attention
        self.cross_attention_residual = cross_attention_residual
        self.feed_forward = feed_forward
        self.feed_forward_residual = feed_forward_residual
        self.parallel = parallel

    def build(self, hidden_shape: Shape, context_shape: Shape = None) -> None:
        """Build the sub-layers under their own names."""
        build_sublayer(self.attention, hidden_shape)
        build_sublayer(self.attention_residual, hidden_shape)
        if self.cross_attention is not None:
            build_sublayer(self.cross_attention, hidden_shape, context_shape)
            build_sublayer(self.cross_attention_residual, hidden_shape)
        build_sublayer(self.feed_forward, hidden_shape)
        build_sublayer(self.feed_forward_residual, hidden_shape)

    def call(
        self,
        hidden: Tensor,
        context: Tensor = None,
        *,
        attention_mask: Tensor = None,
        cross_attention_mask: Tensor = None,
        bias: Tensor = None,
        rotary: Tensor = None,
        cache: LayerCache | None = None,
        cache_update_index: Tensor = None,
        cross_cache: LayerCache | None = None,
        cross_cache_update_index: Tensor = None,
        return_attention_scores: bool = False,
        padding_mask: Tensor = None,
        training: bool | None = None,
    ) -> Any:
        """Run the block.

        Args:
            hidden: float `[B, T, dim]`.
            context: float `[B, S, dim]`, for cross-attention.
            attention_mask: bool `[B, T, T]`, True = may attend.
            cross_attention_mask: bool `[B, T, S]`.
            bias, rotary: of self-attention, see `Attention`.
            cache, cache_update_index: see `Attention`.
            cross_cache, cross_cache_update_index: the same for cross-attention.
            return_attention_scores: bool. Whether to return the self-attention weights.
            padding_mask: bool `[B, T]`, for a `feed_forward` that takes one: `Experts`.
            training: bool. Whether to apply dropout.

        Returns:
            float `[B, T, dim]`; as a tuple, followed by the weights `[B, H, T, T]` if asked for,
            and by the updated cache and cross-cache as far as they were given.
        """
        entered, before = self.attention_residual.enter(hidden), hidden
        update, *extras = as_tuple(
            self.attention(
                entered,
                attention_mask=attention_mask,
                bias=bias,
                rotary=rotary,
                cache=cache,
                cache_update_index=cache_update_index,
                return_attention_scores=return_attention_scores,
                training=training,
            )
        )
        hidden = self.attention_residual.leave(hidden, update, training)
        if self.cross_attention is not None:
            update, *cross_extras = as_tuple(
                self.cross_attention(
                    self.cross_attention_residual.enter(hidden),
                    context,
                    attention_mask=cross_attention_mask,
                    cache=cross_cache,
                    cache_update_index=cross_cache_update_index,
                    training=training,
                )
            )
            hidden = self.cross_attention_residual.leave(hidden, update, training)
            extras += cross_extras
        if not self.parallel:
            entered = self.feed_forward_residual.enter(hidden)
        elif self.feed_forward_residual.pre_norm is not None:
            entered = self.feed_forward_residual.enter(before)
        counted = {} if padding_mask is None else {"padding_mask": padding_mask}
        update = self.feed_forward(entered, **counted, training=training)
        hidden = self.feed_forward_residual.leave(hidden, update, training)
        return (hidden, *extras) if extras else hidden

    def compute_output_spec(self, hidden: Tensor, *_: Any, **__: Any) -> Any:
        """The symbolic output without scores and caches; known without tracing the call."""
        return keras.KerasTensor(hidden.shape, dtype=self.compute_dtype)


def as_tuple(result: Any) -> tuple[Any, ...]:
    """A single tensor as a tuple of one."""
    return result if isinstance(result, tuple) else (result,)
