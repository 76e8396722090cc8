"""KerasHub's decoders with gated feed-forward layers, as Llama has; see `kerashub_families`."""

from dataclasses import replace

from nlpkit.presets.kerashub_decoder import (
    END_OF_TEXT,
    SENTENCE_PIECES,
    SIZES,
    TOKENS,
    byte_pairs,
    decoder,
)
from nlpkit.presets.kerashub_family import Part
from nlpkit.presets.kerashub_layers import (
    BIASED_EXPERTS_LAYER,
    EXPERTS_LAYER,
    FLAT_PROJECTIONS_LAYER,
    GATED_LAYER,
    GEMMA_LAYER,
    PROJECTION_BIASES,
    renamed,
)

_FINAL_SCALE = """
final_norm/scale <- layers/{norm}/0
"""
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
_SMOLLM3_BUFFERS = """
<- *rotary_embedding/* ; buffer
"""
_QWEN3_NORMS = """
attention/query_norm/scale <- self_attention_layer/query_dense_layer_norm/0
attention/key_norm/scale <- self_attention_layer/key_dense_layer_norm/0
"""
_GROUPED = (*SIZES, "num_query_heads", "num_key_value_heads", "layer_norm_epsilon", "dropout")
_ROPE = ("rope_max_wavelength", "rope_scaling_factor")
_GROUPS = {"heads": "num_query_heads", "groups": "num_key_value_heads"}


def _with_scale(norm: str) -> str:
    return TOKENS + _FINAL_SCALE.replace("{norm}", norm)


_LLAMA = decoder(
    "Llama",
    SENTENCE_PIECES,
    {
        "arguments": (
            *_GROUPED,
            "rope_max_wavelength",
            "rope_position_scaling_factor",
            "rope_frequency_adjustment_factor",
            "rope_low_freq_factor",
            "rope_high_freq_factor",
            "rope_pretraining_sequence_length",
            "tie_word_embeddings",
        ),
        "lines": _with_scale("llama_layer_norm"),
    },
    GATED_LAYER,
    "llama_transformer_decoder",
    sizes=_GROUPS,
)
_LLAMA3 = replace(
    _LLAMA,
    tokenizer=Part(
        ("Llama3Tokenizer",),
        "Llama3Tokenizer",
        **byte_pairs(
            "<|begin_of_text|>",
            "<|end_of_text|>",
            "<|eot_id|>",
            "<|start_header_id|>",
            "<|end_header_id|>",
        ),
    ),
    backbone=replace(_LLAMA.backbone, names=("Llama3Backbone",)),
    preprocessors=(
        replace(
            _LLAMA.preprocessors[0],
            names=("Llama3CausalLMPreprocessor",),
            own="Llama3CausalLMPreprocessor",
        ),
    ),
    tasks=(replace(_LLAMA.tasks[0], names=("Llama3CausalLM",)),),
)
_MISTRAL = decoder(
    "Mistral",
    SENTENCE_PIECES,
    {
        "arguments": (*_GROUPED, *_ROPE, "sliding_window", "head_dim"),
        "lines": _with_scale("mistral_layer_normalization"),
    },
    GATED_LAYER,
    "mistral_transformer_decoder",
    sizes=_GROUPS,
)
_MIXTRAL = decoder(
    "Mixtral",
    SENTENCE_PIECES,
    {
        "arguments": (
            *_GROUPED,
            *_ROPE,
            "sliding_window",
            "num_experts",
            "top_k",
            "router_jitter_noise",
            "router_aux_loss_coef",
        ),
        "lines": _with_scale("mixtral_layer_normalization"),
    },
    EXPERTS_LAYER,
    "mixtral_transformer_decoder",
    sizes=_GROUPS,
)
_QWEN = decoder(
    "Qwen",
    END_OF_TEXT,
    {
        "arguments": (
            *_GROUPED,
            *_ROPE,
            "tie_word_embeddings",
            "use_sliding_window_attention",
            "sliding_window_size",
        ),
        "lines": _with_scale("qwen_layer_norm"),
    },
    GATED_LAYER + PROJECTION_BIASES,
    "qwen_transformer_decoder",
    sizes=_GROUPS,
)
_QWEN3 = decoder(
    "Qwen3",
    byte_pairs("<|im_end|>", "<|endoftext|>"),
    {
        "arguments": (*_GROUPED, *_ROPE, "head_dim", "tie_word_embeddings", "sliding_window_size"),
        "lines": _with_scale("qwen3_layer_norm"),
    },
    GATED_LAYER + _QWEN3_NORMS,
    "qwen3_transformer_decoder",
    sizes=_GROUPS,
)
_PHI3 = decoder(
    "Phi3",
    SENTENCE_PIECES,
    {
        "arguments": (
            *_GROUPED,
            "rope_max_wavelength",
            "rope_scaling_type",
            "rope_scaling_short_factor",
            "rope_scaling_long_factor",
            "max_sequence_length",
            "pretraining_sequence_length",
        ),
        "lines": _with_scale("phi3_layer_norm"),
    },
    renamed(
        GATED_LAYER,
        {
            "self_attention_layer/": "attention/",
            "self_attention_layer_norm": "pre_attention_layer_norm",
            "feedforward_layer_norm": "post_attention_layer_norm",
        },
    ),
    "phi3_decoder",
    sizes=_GROUPS,
)
_GEMMA_ARGUMENTS = (
    *_GROUPED,
    "head_dim",
    "query_head_dim_normalize",
    "use_post_ffw_norm",
    "use_post_attention_norm",
    "attention_logit_soft_cap",
    "final_logit_soft_cap",
    "use_sliding_window_attention",
    "sliding_window_size",
)
_GEMMA = decoder(
    "Gemma",
    SENTENCE_PIECES,
    {
        "arguments": _GEMMA_ARGUMENTS,
        # There it is the width of both halves of the first dense layer together.
        "converted": {"intermediate_dim": lambda width: width // 2},
        "lines": _with_scale("rms_normalization"),
    },
    renamed(
        GEMMA_LAYER,
        {
            "self_attention_layer/": "attention/",
            "self_attention_layer_norm": "pre_attention_norm",
            "feedforward_layer_norm": "pre_ffw_norm",
            "feedforward_gate_dense": "gating_ffw",
            "feedforward_intermediate_dense": "gating_ffw_2",
            "feedforward_output_dense": "ffw_linear",
        },
    ),
    "gemma_decoder_block",
    options={
        "use_post_attention_norm": _POST_ATTENTION,
        "use_post_ffw_norm": _POST_FEED_FORWARD,
    },
    sizes=_GROUPS,
)
_GEMMA3 = decoder(
    "Gemma3",
    {
        "arguments": SENTENCE_PIECES["arguments"],
        "inert": {**SENTENCE_PIECES["inert"], "has_vision_tokens": (False, True)},
    },
    {
        "arguments": (
            *_GEMMA_ARGUMENTS,
            "image_size",
            "use_query_key_norm",
            "local_rope_scaling_factor",
            "global_rope_scaling_factor",
        ),
        "inert": {
            "vision_encoder": (None,),
            "use_bidirectional_attention": (False,),
            "is_embedding_model": (False,),
            "pooling_intermediate_dim": (None,),
            "embedding_dim": (None,),
        },
        "lines": _with_scale("rms_normalization"),
    },
    _GEMMA.layer,
    "gemma3_decoder_block",
    # How images are packed, of which there are none.
    preprocessor={
        "inert": {
            "image_converter": (None,),
            "num_vision_tokens_per_image": range(1 << 16),
            "max_images_per_prompt": range(1 << 16),
        }
    },
    options={**_GEMMA.options, "use_query_key_norm": _QUERY_KEY_NORM},
    sizes=_GROUPS,
)
_LLAMA_NORMS = {
    "self_attention_layer_norm": "input_layer_norm",
    "feedforward_layer_norm": "post_attention_layer_norm",
}
# There the windows are on the other layers and one token longer than in OpenAI's model, which the
# weights are from, and here.
_GPT_OSS = decoder(
    "GptOss",
    END_OF_TEXT,
    {
        "arguments": (
            *_GROUPED,
            *_ROPE,
            "num_experts",
            "top_k",
            "sliding_window",
            "output_router_logits",
            "head_dim",
        ),
        "lines": _with_scale("gpt_oss_layer_normalization"),
    },
    renamed(BIASED_EXPERTS_LAYER, _LLAMA_NORMS),
    "gpt_oss_transformer_decoder",
    sizes={**_GROUPS, "width": "intermediate_dim"},
)
_SMOLLM3 = decoder(
    "SmolLM3",
    byte_pairs("<|begin_of_text|>", "<|end_of_text|>", "<think>", "</think>"),
    {
        "arguments": (
            *SIZES,
            "num_attention_heads",
            "num_key_value_heads",
            "attention_dropout",
            "rope_layer_enabled_list",
            "layer_types",
            "layer_norm_epsilon",
            "max_position_embeddings",
            "rope_theta",
            "partial_rotary_factor",
        ),
        # With biases its attention lacks that of the output.
        "fixed": {"attention_bias": False, "mlp_bias": False},
        "inert": {"attention_bias": (False,), "mlp_bias": (False,)},
        "lines": _with_scale("rms_normalization") + _SMOLLM3_BUFFERS,
    },
    renamed(
        FLAT_PROJECTIONS_LAYER,
        {
            **_LLAMA_NORMS,
            "self_attention_layer/query_dense": "self_attn/q_proj",
            "self_attention_layer/key_dense": "self_attn/k_proj",
            "self_attention_layer/value_dense": "self_attn/v_proj",
            "self_attention_layer/output_dense": "self_attn/o_proj",
            "feedforward_gate_dense": "mlp/gate_proj",
            "feedforward_intermediate_dense": "mlp/up_proj",
            "feedforward_output_dense": "mlp/down_proj",
        },
    ),
    "smol_lm3_decoder_layer",
    sizes={"heads": "num_attention_heads"},
)
GATED_DECODERS = (
    _GEMMA,
    _GEMMA3,
    _GPT_OSS,
    _LLAMA,
    _LLAMA3,
    _MISTRAL,
    _MIXTRAL,
    _PHI3,
    _QWEN,
    _QWEN3,
    _SMOLLM3,
)
