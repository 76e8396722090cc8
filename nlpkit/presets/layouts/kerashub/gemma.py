"""KerasHub's Gemma to Gemma 3; see `kerashub_families`."""

from nlpkit.presets.layouts.kerashub.decoder import SENTENCE_PIECES, grouped_decoder
from nlpkit.presets.layouts.kerashub.layers import HEADS_FIRST_LAYER, renamed

_POST_ATTENTION = """
attention_residual/post_norm/scale <- post_attention_norm/0
"""
_POST_FEED_FORWARD = """
feed_forward_residual/post_norm/scale <- post_ffw_norm/0
"""
_QUERY_KEY_NORM = """
attention/query_norm/scale <- attention/query_norm/0
attention/key_norm/scale <- attention/key_norm/0
"""
_ARGUMENTS = (
    "head_dim",
    "query_head_dim_normalize",
    "use_post_ffw_norm",
    "use_post_attention_norm",
    "attention_logit_soft_cap",
    "final_logit_soft_cap",
    "use_sliding_window_attention",
    "sliding_window_size",
)
_LAYER = renamed(
    HEADS_FIRST_LAYER,
    {
        "self_attention_layer/": "attention/",
        "self_attention_layer_norm": "pre_attention_norm",
        "feedforward_layer_norm": "pre_ffw_norm",
        "feedforward_gate_dense": "gating_ffw",
        "feedforward_intermediate_dense": "gating_ffw_2",
        "feedforward_output_dense": "ffw_linear",
    },
)
_NORMS = {
    "use_post_attention_norm": _POST_ATTENTION,
    "use_post_ffw_norm": _POST_FEED_FORWARD,
}
_GEMMA = grouped_decoder(
    "Gemma",
    SENTENCE_PIECES,
    _ARGUMENTS,
    "rms_normalization",
    _LAYER,
    "gemma_decoder_block",
    options=_NORMS,
)
_NO_IMAGES = {
    "vision_encoder": (None,),
    "use_bidirectional_attention": (False,),
    "is_embedding_model": (False,),
    "pooling_intermediate_dim": (None,),
    "embedding_dim": (None,),
}
_ANY_NUMBER = range(1 << 16)
_GEMMA3 = grouped_decoder(
    "Gemma3",
    {**SENTENCE_PIECES, "inert": {**SENTENCE_PIECES["inert"], "has_vision_tokens": (False, True)}},
    (
        *_ARGUMENTS,
        "image_size",
        "use_query_key_norm",
        "local_rope_scaling_factor",
        "global_rope_scaling_factor",
    ),
    "rms_normalization",
    _LAYER,
    "gemma3_decoder_block",
    backbone={"inert": _NO_IMAGES},
    # How images are packed, of which there are none.
    preprocessor={
        "inert": {
            "image_converter": (None,),
            "num_vision_tokens_per_image": _ANY_NUMBER,
            "max_images_per_prompt": _ANY_NUMBER,
        }
    },
    options={**_NORMS, "use_query_key_norm": _QUERY_KEY_NORM},
)
GEMMAS = (_GEMMA, _GEMMA3)
