"""TransformerEncoder: a transformer encoder block."""

from typing import Any

from nlpkit._types import Shape, Tensor
from nlpkit.layers.modeling.transformer_layer import TransformerLayer, merge_masks


class TransformerEncoder(TransformerLayer):
    """Encode a sequence: self-attention and a feed-forward network, each with a residual.

    The encoder layer of Vaswani et al., 2017 (arXiv:1706.03762). Padding is masked by
    `padding_mask`, or else by the mask that Keras attached to the inputs (`mask_zero=True`); it is
    combined with `attention_mask`.

    Args:
        intermediate_dim: int. The hidden size of the feed-forward network.
        num_heads: int. The number of heads; must divide the size of the inputs' last axis.
        dropout: float in [0, 1). The dropout rate for attention weights and residual branches.
        activation: str or function. The activation of the feed-forward network; "gelu" is
            exact, "gelu_tanh" its approximation.
        layer_norm_epsilon: float. Added to the variance in layer normalization.
        kernel_initializer: str or `keras.initializers.Initializer`. For the dense kernels.
        bias_initializer: str or `keras.initializers.Initializer`. For the dense biases.
        normalize_first: bool. Whether to normalize before each sub-layer (GPT-2) instead of after
            (BERT).
        **kwargs: `name`, `dtype`, `trainable` of `keras.layers.Layer`.

    Call arguments:
        inputs: float `[batch, seq, dim]`.
        padding_mask: bool `[batch, seq]`, True = real token.
        attention_mask: bool `[batch, seq, seq]`, True = may attend.
        training: bool. Whether dropout is applied.
        return_attention_scores: bool. Whether to return the attention weights too.

    Returns:
        float `[batch, seq, dim]`; with scores, a tuple with float `[batch, heads, seq, seq]`.

    Raises:
        ValueError: `num_heads` does not divide the size of the inputs' last axis, or a mask has the
            wrong rank.

    Example:
        >>> import numpy as np
        >>> encoder = nlpkit.layers.TransformerEncoder(intermediate_dim=64, num_heads=4)
        >>> tuple(encoder(np.ones((2, 10, 32), "float32")).shape)
        (2, 10, 32)
    """

    def build(self, inputs_shape: Shape) -> None:
        """Build the block for inputs of this shape."""
        self._build_block(inputs_shape)

    def call(
        self,
        inputs: Tensor,
        padding_mask: Tensor = None,
        attention_mask: Tensor = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
    ) -> Any:
        """Encode; see the class."""
        return self.block(
            inputs,
            attention_mask=merge_masks(inputs, padding_mask, attention_mask),
            return_attention_scores=return_attention_scores,
            training=training,
        )

    def compute_output_shape(self, inputs_shape: Shape) -> Any:
        """The shape of the inputs."""
        return inputs_shape
