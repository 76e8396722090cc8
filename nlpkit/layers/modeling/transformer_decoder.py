"""TransformerDecoder."""

from typing import Any

from keras import ops

from nlpkit.layers.modeling.transformer_layer import TransformerLayer, both, merge_masks
from nlpkit.ops.visibility import visibility


class TransformerDecoder(TransformerLayer):
    """Decode a sequence: causal self-attention, perhaps cross-attention, feed-forward.

    The decoder layer of Vaswani et al., 2017 (arXiv 1706.03762). Called with one sequence it has
    no cross-attention (GPT-2); called with an encoder's sequence it has. A layer keeps the form
    of its first call.

    Args:
        intermediate_dim: int. Width of the feed-forward layer.
        num_heads: int. Attention heads; must divide the size of the inputs' last axis.
        dropout: float in [0, 1). Rate for attention weights and all residuals.
        activation: str or function. Of the feed-forward layer; "gelu" is the exact form,
            "gelu_tanh" its approximation.
        layer_norm_epsilon: float. Added to the variance in layer normalization.
        kernel_initializer: str or initializer. Of the dense kernels.
        bias_initializer: str or initializer. Of the dense biases.
        normalize_first: bool. Normalize before each part (GPT-2) instead of after.
        **kwargs: `name`, `dtype`, `trainable` of `keras.layers.Layer`.

    Call arguments:
        decoder_sequence: float `[batch, T, dim]`.
        encoder_sequence: float `[batch, S, dim]` or None.
        decoder_padding_mask: bool `[batch, T]`, True = real token.
        decoder_attention_mask: bool `[batch, T, T]`, True = may attend.
        encoder_padding_mask: bool `[batch, S]`.
        encoder_attention_mask: bool `[batch, T, S]`.
        self_attention_cache: float `[batch, 2, slots, heads, dim / heads]`, keys and values so far.
        self_attention_cache_update_index: int. Slot of the first token of `decoder_sequence`.
        cross_attention_cache: float `[batch, 2, S, heads, dim / heads]`.
        cross_attention_cache_update_index: int. 0 computes this cache, None reads it as it is.
        use_causal_mask: bool. Whether later tokens are hidden.
        training: bool. Whether dropout is on.

    Returns:
        float `[batch, T, dim]`; with caches a tuple, followed by the updated caches.

    Raises:
        ValueError: an encoder sequence is missing, or given to a layer without cross-attention;
            only one of two caches is given; a mask has a wrong rank.

    Example:
        >>> import numpy as np
        >>> decoder = TransformerDecoder(intermediate_dim=64, num_heads=4)
        >>> decoder(np.ones((2, 10, 32), "float32")).shape == (2, 10, 32)
        True
    """

    def build(self, decoder_sequence_shape: Any, encoder_sequence_shape: Any = None) -> None:
        """Make the block, with cross-attention if there is an encoder sequence."""
        self._build_block(decoder_sequence_shape, encoder_sequence_shape)

    def call(
        self,
        decoder_sequence: Any,
        encoder_sequence: Any = None,
        decoder_padding_mask: Any = None,
        decoder_attention_mask: Any = None,
        encoder_padding_mask: Any = None,
        encoder_attention_mask: Any = None,
        self_attention_cache: Any = None,
        self_attention_cache_update_index: Any = None,
        cross_attention_cache: Any = None,
        cross_attention_cache_update_index: Any = None,
        use_causal_mask: bool = True,
        training: bool | None = None,
    ) -> Any:
        """Decode; see the class."""
        self._check_call(encoder_sequence, self_attention_cache, cross_attention_cache)
        mask = merge_masks(decoder_sequence, decoder_padding_mask, decoder_attention_mask)
        if use_causal_mask:
            causal = _causal_mask(
                decoder_sequence, self_attention_cache, self_attention_cache_update_index
            )
            mask = both(mask, causal)
        context_mask = None
        if encoder_sequence is not None:
            context_mask = merge_masks(
                encoder_sequence, encoder_padding_mask, encoder_attention_mask
            )
        return self.block(
            decoder_sequence,
            encoder_sequence,
            attention_mask=mask,
            cross_attention_mask=context_mask,
            cache=self_attention_cache,
            cache_update_index=self_attention_cache_update_index,
            cross_cache=cross_attention_cache,
            cross_cache_update_index=cross_attention_cache_update_index,
            training=training,
        )

    def _check_call(self, encoder_sequence: Any, cache: Any, cross_cache: Any) -> None:
        crosses = self.block.cross_attention is not None
        if crosses != (encoder_sequence is not None):
            built, came = ("with", "without") if crosses else ("without", "with")
            raise ValueError(
                f"This TransformerDecoder was built {built} cross-attention and is now called "
                f"{came} encoder_sequence; make two layers for the two uses."
            )
        if crosses and (cache is None) != (cross_cache is None):
            raise ValueError(
                "self_attention_cache and cross_attention_cache go together in a layer with cross-"
                f"attention; only {'cross' if cache is None else 'self'}_attention_cache came."
            )

    def compute_output_shape(self, decoder_sequence_shape: Any, *_: Any) -> Any:
        """The shape of the decoder sequence."""
        return decoder_sequence_shape


def _causal_mask(sequence: Any, cache: Any, update_index: Any) -> Any:
    """Hide later slots: bool `[1, T, slots]`."""
    length = ops.shape(sequence)[1]
    start = 0 if update_index is None else update_index
    queries = (ops.arange(length, dtype="int32") + start)[None]
    slots = length if cache is None else ops.shape(cache)[2]
    keys = ops.arange(slots, dtype="int32")[None]
    return visibility(ops.ones_like(queries), queries, ops.ones_like(keys), keys, causal=True)
