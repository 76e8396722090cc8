"""TransformerEncoder."""

from typing import Any

from nlpkit.layers.modeling.transformer_layer import TransformerLayer, merge_masks


class TransformerEncoder(TransformerLayer):
    """Encode a sequence: self-attention and feed-forward, each in a normalized residual.

    The encoder layer of Vaswani et al., 2017 (arXiv 1706.03762). A `padding_mask` given, or the
    mask Keras attached to the inputs (`mask_zero=True`), hides padding; it is combined with
    `attention_mask`.

    Args:
        intermediate_dim: int. Width of the feed-forward layer.
        num_heads: int. Attention heads; must divide the size of the inputs' last axis.
        dropout: float in [0, 1). Rate for attention weights and both residuals.
        activation: str or function. Of the feed-forward layer; "gelu" is the exact form,
            "gelu_tanh" its approximation.
        layer_norm_epsilon: float. Added to the variance in layer normalization.
        kernel_initializer: str or initializer. Of the dense kernels.
        bias_initializer: str or initializer. Of the dense biases.
        normalize_first: bool. Normalize before attention and feed-forward (GPT-2) instead of
            after (BERT).
        **kwargs: `name`, `dtype`, `trainable` of `keras.layers.Layer`.

    Call arguments:
        inputs: float `[batch, seq, dim]`.
        padding_mask: bool `[batch, seq]`, True = real token.
        attention_mask: bool `[batch, seq, seq]`, True = may attend.
        training: bool. Whether dropout is on.
        return_attention_scores: bool. Whether to return the attention weights too.

    Returns:
        float `[batch, seq, dim]`; with scores, a tuple with float `[batch, heads, seq, seq]`.

    Raises:
        ValueError: `num_heads` does not divide the inputs' size, or a mask has a wrong rank.

    Example:
        >>> import numpy as np
        >>> encoder = TransformerEncoder(intermediate_dim=64, num_heads=4)
        >>> encoder(np.ones((2, 10, 32), "float32")).shape == (2, 10, 32)
        True
    """

    def build(self, inputs_shape: Any) -> None:
        """Make the block for inputs of this shape."""
        self._build_block(inputs_shape)

    def call(
        self,
        inputs: Any,
        padding_mask: Any = None,
        attention_mask: Any = None,
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

    def compute_output_shape(self, inputs_shape: Any) -> Any:
        """The shape of the inputs."""
        return inputs_shape
