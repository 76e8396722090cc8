"""Keras layers for building models, and layers that prepare token ids for them."""

from typing import TYPE_CHECKING

from nlpkit._namespace import namespace

if TYPE_CHECKING:
    from nlpkit.layers.modeling.alibi_bias import AlibiBias as AlibiBias
    from nlpkit.layers.modeling.cached_multi_head_attention import (
        CachedMultiHeadAttention as CachedMultiHeadAttention,
    )
    from nlpkit.layers.modeling.fnet_encoder import FNetEncoder as FNetEncoder
    from nlpkit.layers.modeling.masked_lm_head import MaskedLMHead as MaskedLMHead
    from nlpkit.layers.modeling.position_embedding import PositionEmbedding as PositionEmbedding
    from nlpkit.layers.modeling.reversible_embedding import (
        ReversibleEmbedding as ReversibleEmbedding,
    )
    from nlpkit.layers.modeling.rms_normalization import RMSNormalization as RMSNormalization
    from nlpkit.layers.modeling.rotary_embedding import RotaryEmbedding as RotaryEmbedding
    from nlpkit.layers.modeling.sine_position_encoding import (
        SinePositionEncoding as SinePositionEncoding,
    )
    from nlpkit.layers.modeling.token_and_position_embedding import (
        TokenAndPositionEmbedding as TokenAndPositionEmbedding,
    )
    from nlpkit.layers.modeling.transformer_decoder import TransformerDecoder as TransformerDecoder
    from nlpkit.layers.modeling.transformer_encoder import TransformerEncoder as TransformerEncoder
    from nlpkit.layers.preprocessing.masked_lm_mask_generator import (
        MaskedLMMaskGenerator as MaskedLMMaskGenerator,
    )
    from nlpkit.layers.preprocessing.packing.multi_segment_packer import (
        MultiSegmentPacker as MultiSegmentPacker,
    )
    from nlpkit.layers.preprocessing.packing.start_end_packer import (
        StartEndPacker as StartEndPacker,
    )
    from nlpkit.layers.preprocessing.random_deletion import RandomDeletion as RandomDeletion
    from nlpkit.layers.preprocessing.random_swap import RandomSwap as RandomSwap

__all__, __getattr__, __dir__ = namespace(
    __name__,
    {
        "modeling.alibi_bias": "AlibiBias",
        "modeling.cached_multi_head_attention": "CachedMultiHeadAttention",
        "modeling.fnet_encoder": "FNetEncoder",
        "modeling.masked_lm_head": "MaskedLMHead",
        "modeling.position_embedding": "PositionEmbedding",
        "modeling.reversible_embedding": "ReversibleEmbedding",
        "modeling.rms_normalization": "RMSNormalization",
        "modeling.rotary_embedding": "RotaryEmbedding",
        "modeling.sine_position_encoding": "SinePositionEncoding",
        "modeling.token_and_position_embedding": "TokenAndPositionEmbedding",
        "modeling.transformer_decoder": "TransformerDecoder",
        "modeling.transformer_encoder": "TransformerEncoder",
        "preprocessing.masked_lm_mask_generator": "MaskedLMMaskGenerator",
        "preprocessing.packing.multi_segment_packer": "MultiSegmentPacker",
        "preprocessing.random_deletion": "RandomDeletion",
        "preprocessing.random_swap": "RandomSwap",
        "preprocessing.packing.start_end_packer": "StartEndPacker",
    },
)
