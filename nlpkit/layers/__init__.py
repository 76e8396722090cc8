"""Keras layers for building models, and layers that prepare token ids for them."""

from nlpkit import _backend as _backend
from nlpkit.layers.modeling.alibi_bias import AlibiBias
from nlpkit.layers.modeling.cached_multi_head_attention import CachedMultiHeadAttention
from nlpkit.layers.modeling.fnet_encoder import FNetEncoder
from nlpkit.layers.modeling.masked_lm_head import MaskedLMHead
from nlpkit.layers.modeling.position_embedding import PositionEmbedding
from nlpkit.layers.modeling.reversible_embedding import ReversibleEmbedding
from nlpkit.layers.modeling.rms_normalization import RMSNormalization
from nlpkit.layers.modeling.rotary_embedding import RotaryEmbedding
from nlpkit.layers.modeling.sine_position_encoding import SinePositionEncoding
from nlpkit.layers.modeling.token_and_position_embedding import TokenAndPositionEmbedding
from nlpkit.layers.modeling.transformer_decoder import TransformerDecoder
from nlpkit.layers.modeling.transformer_encoder import TransformerEncoder
from nlpkit.layers.preprocessing.masked_lm_mask_generator import MaskedLMMaskGenerator
from nlpkit.layers.preprocessing.multi_segment_packer import MultiSegmentPacker
from nlpkit.layers.preprocessing.random_deletion import RandomDeletion
from nlpkit.layers.preprocessing.random_swap import RandomSwap
from nlpkit.layers.preprocessing.start_end_packer import StartEndPacker

__all__ = [
    "AlibiBias",
    "CachedMultiHeadAttention",
    "FNetEncoder",
    "MaskedLMHead",
    "MaskedLMMaskGenerator",
    "MultiSegmentPacker",
    "PositionEmbedding",
    "RMSNormalization",
    "RandomDeletion",
    "RandomSwap",
    "ReversibleEmbedding",
    "RotaryEmbedding",
    "SinePositionEncoding",
    "StartEndPacker",
    "TokenAndPositionEmbedding",
    "TransformerDecoder",
    "TransformerEncoder",
]


def __dir__() -> list[str]:
    return [*__all__]
