"""TransformerDecoder: a transformer decoder block."""

from typing import Any

from keras import ops

from nlpkit._types import Cache, Shape, Tensor
from nlpkit.layers.modeling.transformer_layer import TransformerLayer, both, merge_masks
from nlpkit.modules.caching.layer_cache import KeyValueArray
from nlpkit.modules.transformer_block import as_tuple
from nlpkit.ops.visibility import visibility


class TransformerDecoder(TransformerLayer):
    """Decode a sequence: causal self-attention, optional cross-attention, a feed-forward network.

    The decoder layer of Vaswani et al., 2017 (arXiv:1706.03762). The first call decides whether
    it has cross-attention: with an encoder sequence it does, without one (GPT-2) it does not.

    Args:
        intermediate_dim: int. The hidden size of the feed-forward network.
        num_heads: int. The number of heads; must divide the size of the inputs' last axis.
        dropout: float in [0, 1). The dropout rate for attention weights and residual branches.
        activation: str or function. The activation of the feed-forward network; "gelu" is
            exact, "gelu_tanh" its approximation.
        layer_norm_epsilon: float. Added to the variance in layer normalization.
        kernel_initializer: str or `keras.initializers.Initializer`. For the dense kernels.
        bias_initializer: str or `keras.initializers.Initializer`. For the dense biases.
        normalize_first: bool. Whether to normalize before each sub-layer (GPT-2) instead of after.
        **kwargs: `name`, `dtype`, `trainable` of `keras.layers.Layer`.

    Call arguments:
        decoder_sequence: float `[batch, T, dim]`.
        encoder_sequence: float `[batch, S, dim]` or None.
        decoder_padding_mask: bool `[batch, T]`, True = real token.
        decoder_attention_mask: bool `[batch, T, T]`, True = may attend.
        encoder_padding_mask: bool `[batch, S]`.
        encoder_attention_mask: bool `[batch, T, S]`.
        self_attention_cache: float `[batch, 2, slots, heads, dim / heads]`. Earlier keys and
            values.
        self_attention_cache_update_index: int. The slot of the first token of
            `decoder_sequence`.
        cross_attention_cache: float `[batch, 2, S, heads, dim / heads]`. The encoder's.
        cross_attention_cache_update_index: int. 0 computes this cache; None uses it as it is.
        use_causal_mask: bool. Whether later tokens are masked.
        training: bool. Whether dropout is applied.

    Returns:
        float `[batch, T, dim]`; with caches a tuple, followed by the updated caches.

    Raises:
        ValueError: an encoder sequence is missing, or given to a layer without cross-attention;
            only one of two caches is given; a mask has the wrong rank.

    Example:
        >>> import numpy as np
        >>> decoder = nlpkit.layers.TransformerDecoder(intermediate_dim=64, num_heads=4)
        >>> tuple(decoder(np.ones((2, 10, 32), "float32")).shape)
        (2, 10, 32)
    """

    def build(self, decoder_sequence_shape: Shape, encoder_sequence_shape: Shape = None) -> None:
        """Build the block, with cross-attention if there is an encoder sequence."""
        self._build_block(decoder_sequence_shape, encoder_sequence_shape)

    def call(
        self,
        decoder_sequence: Tensor,
        encoder_sequence: Tensor = None,
        decoder_padding_mask: Tensor = None,
        decoder_attention_mask: Tensor = None,
        encoder_padding_mask: Tensor = None,
        encoder_attention_mask: Tensor = None,
        self_attention_cache: Cache = None,
        self_attention_cache_update_index: Tensor = None,
        cross_attention_cache: Cache = None,
        cross_attention_cache_update_index: Tensor = None,
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
        hidden, *caches = as_tuple(
            self.block(
                decoder_sequence,
                encoder_sequence,
                attention_mask=mask,
                cross_attention_mask=context_mask,
                cache=_layer_cache(self_attention_cache),
                cache_update_index=self_attention_cache_update_index,
                cross_cache=_layer_cache(cross_attention_cache),
                cross_cache_update_index=cross_attention_cache_update_index,
                training=training,
            )
        )
        return (hidden, *(cache.array for cache in caches)) if caches else hidden

    def _check_call(self, encoder_sequence: Tensor, cache: Cache, cross_cache: Cache) -> None:
        crosses = self.block.cross_attention is not None
        if crosses != (encoder_sequence is not None):
            built, called = ("with", "without") if crosses else ("without", "with")
            raise ValueError(
                f"This TransformerDecoder was built {built} cross-attention and is now called "
                f"{called} encoder_sequence; use a separate layer for each."
            )
        if crosses and (cache is None) != (cross_cache is None):
            raise ValueError(
                "A layer with cross-attention needs both self_attention_cache and "
                f"cross_attention_cache; got only "
                f"{'cross' if cache is None else 'self'}_attention_cache."
            )

    def compute_output_shape(self, decoder_sequence_shape: Shape, *_: Any) -> Any:
        """The shape of the decoder sequence."""
        return decoder_sequence_shape


def _layer_cache(array: Cache) -> KeyValueArray | None:
    return None if array is None else KeyValueArray(array)


def _causal_mask(sequence: Tensor, cache: Cache, update_index: Tensor) -> Any:
    """Mask later slots: bool `[1, T, slots]`."""
    length = ops.shape(sequence)[1]
    start = 0 if update_index is None else update_index
    queries = (ops.arange(length, dtype="int32") + start)[None]
    slots = length if cache is None else ops.shape(cache)[2]
    keys = ops.arange(slots, dtype="int32")[None]
    return visibility(ops.ones_like(queries), queries, ops.ones_like(keys), keys, causal=True)
