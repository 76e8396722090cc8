"""The private base class of TransformerEncoder and TransformerDecoder."""

from typing import Any

import keras
from keras import ops
from keras.src.backend import get_keras_mask

from nlpkit._config import Configurable
from nlpkit._types import Activation, Initializer, Shape, Tensor
from nlpkit.modules.activation import get_activation
from nlpkit.modules.dense import check_initializers
from nlpkit.modules.feed_forward import FeedForward
from nlpkit.modules.mixing.attention import Attention
from nlpkit.modules.transformer_block import Residual, TransformerBlock


class TransformerLayer(Configurable, keras.layers.Layer):
    """The base class of the public transformer layers: their arguments and their block."""

    def __init__(
        self,
        intermediate_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        activation: Activation = "relu",
        layer_norm_epsilon: float = 1e-05,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        normalize_first: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_initializers(kernel_initializer=kernel_initializer, bias_initializer=bias_initializer)
        get_activation(activation)
        self.intermediate_dim = intermediate_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.activation = activation
        self.layer_norm_epsilon = layer_norm_epsilon
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.normalize_first = normalize_first
        self.supports_masking = True

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The symbolic outputs, traced: how many there are depends on the arguments."""
        return keras.Operation.compute_output_spec(self, *args, **kwargs)

    def _build_block(self, hidden_shape: Shape, context_shape: Shape = None) -> None:
        cross = context_shape is not None
        self.block = TransformerBlock(
            attention=self._attention("self_attention", hidden_shape[-1]),
            attention_residual=self._residual("self_attention_residual"),
            cross_attention=self._attention("cross_attention", hidden_shape[-1]) if cross else None,
            cross_attention_residual=self._residual("cross_attention_residual") if cross else None,
            feed_forward=FeedForward(
                self.intermediate_dim,
                activation=self.activation,
                kernel_initializer=self.kernel_initializer,
                bias_initializer=self.bias_initializer,
                dtype=self.dtype_policy,
                name="feed_forward",
            ),
            feed_forward_residual=self._residual("feed_forward_residual"),
            dtype=self.dtype_policy,
            name="block",
        )
        self.block.build(hidden_shape, context_shape)

    def _attention(self, name: str, hidden_dim: int) -> Attention:
        if hidden_dim % self.num_heads:
            raise ValueError(
                "num_heads must divide the size of the inputs' last axis; "
                f"got num_heads={self.num_heads} for size {hidden_dim}."
            )
        head_dim = hidden_dim // self.num_heads
        return Attention(
            self.num_heads,
            self.num_heads,
            head_dim,
            scale=head_dim**-0.5,
            input_bias=True,
            output_bias=True,
            dropout=self.dropout,
            kernel_initializer=self.kernel_initializer,
            bias_initializer=self.bias_initializer,
            dtype=self.dtype_policy,
            name=name,
        )

    def _residual(self, name: str) -> Residual:
        norm = keras.layers.LayerNormalization(
            epsilon=self.layer_norm_epsilon, dtype=self.dtype_policy, name="norm"
        )
        placed: dict[str, Any] = {"pre_norm" if self.normalize_first else "output_norm": norm}
        return Residual(dropout=self.dropout, dtype=self.dtype_policy, name=name, **placed)


def merge_masks(inputs: Tensor, padding_mask: Tensor, attention_mask: Tensor) -> Any:
    """Combine masks of the keys.

    Args:
        inputs: float `[B, S, dim]`; the mask that Keras attached to it is used if `padding_mask` is
            None.
        padding_mask: `[B, S]` or None.
        attention_mask: `[B, T, S]` or None.

    Returns:
        bool, broadcastable to `[B, T, S]`; None if nothing is masked.

    Raises:
        ValueError: a mask has another rank.
    """
    if padding_mask is None:
        padding_mask = get_keras_mask(inputs)
    for name, mask, rank in (
        ("padding_mask", padding_mask, 2),
        ("attention_mask", attention_mask, 3),
    ):
        if mask is not None and len(mask.shape) != rank:
            raise ValueError(f"{name} must have rank {rank}; got shape {tuple(mask.shape)}.")
    if padding_mask is not None:
        padding_mask = ops.cast(padding_mask, "bool")[:, None]  # B 1 S
    return both(padding_mask, attention_mask)


def both(mask: Tensor, other: Tensor) -> Any:
    """Combine two masks by logical and; None masks nothing."""
    if mask is None or other is None:
        mask = other if mask is None else mask
        return None if mask is None else ops.cast(mask, "bool")
    return ops.logical_and(mask, other)
