"""KerasHub's decoders with gated feed-forward layers, as Llama has; see `kerashub_families`."""

from dataclasses import replace

from nlpkit.presets.layouts.kerashub.decoder import (
    END_OF_TEXT,
    ROPE,
    SENTENCE_PIECES,
    SIZES,
    byte_pairs,
    decoder,
    grouped_decoder,
    with_scale,
)
from nlpkit.presets.layouts.kerashub.family import Part
from nlpkit.presets.layouts.kerashub.layers import (
    FLAT_PROJECTIONS_LAYER,
    GATED_LAYER,
    PROJECTION_BIASES,
    PROJECTION_NORMS,
    renamed,
)

_SMOLLM3_BUFFERS = """
<- *rotary_embedding/* ; buffer
"""
_LLAMA = grouped_decoder(
    "Llama",
    SENTENCE_PIECES,
    (
        "rope_max_wavelength",
        "rope_position_scaling_factor",
        "rope_frequency_adjustment_factor",
        "rope_low_freq_factor",
        "rope_high_freq_factor",
        "rope_pretraining_sequence_length",
        "tie_word_embeddings",
    ),
    "llama_layer_norm",
    GATED_LAYER,
    "llama_transformer_decoder",
)
_LLAMA3_TOKENS = byte_pairs(
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
)
_LLAMA3_PREPROCESSOR = "Llama3CausalLMPreprocessor"
_LLAMA3 = replace(
    _LLAMA,
    tokenizer=Part(("Llama3Tokenizer",), "Llama3Tokenizer", **_LLAMA3_TOKENS),
    backbone=replace(_LLAMA.backbone, names=("Llama3Backbone",)),
    preprocessors=(
        replace(_LLAMA.preprocessors[0], names=(_LLAMA3_PREPROCESSOR,), own=_LLAMA3_PREPROCESSOR),
    ),
    tasks=(replace(_LLAMA.tasks[0], names=("Llama3CausalLM",)),),
)
_MISTRAL = grouped_decoder(
    "Mistral",
    SENTENCE_PIECES,
    (*ROPE, "sliding_window", "head_dim"),
    "mistral_layer_normalization",
    GATED_LAYER,
    "mistral_transformer_decoder",
)
_QWEN = grouped_decoder(
    "Qwen",
    END_OF_TEXT,
    (*ROPE, "tie_word_embeddings", "use_sliding_window_attention", "sliding_window_size"),
    "qwen_layer_norm",
    GATED_LAYER + PROJECTION_BIASES,
    "qwen_transformer_decoder",
)
_QWEN3 = grouped_decoder(
    "Qwen3",
    byte_pairs("<|im_end|>", "<|endoftext|>"),
    (*ROPE, "head_dim", "tie_word_embeddings", "sliding_window_size"),
    "qwen3_layer_norm",
    GATED_LAYER + PROJECTION_NORMS,
    "qwen3_transformer_decoder",
)
_PHI3 = grouped_decoder(
    "Phi3",
    SENTENCE_PIECES,
    (
        "rope_max_wavelength",
        "rope_scaling_type",
        "rope_scaling_short_factor",
        "rope_scaling_long_factor",
        "max_sequence_length",
        "pretraining_sequence_length",
    ),
    "phi3_layer_norm",
    renamed(
        GATED_LAYER,
        {
            "self_attention_layer/": "attention/",
            "self_attention_layer_norm": "pre_attention_layer_norm",
            "feedforward_layer_norm": "post_attention_layer_norm",
        },
    ),
    "phi3_decoder",
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
        "lines": with_scale("rms_normalization") + _SMOLLM3_BUFFERS,
    },
    renamed(
        FLAT_PROJECTIONS_LAYER,
        {
            "self_attention_layer_norm": "input_layer_norm",
            "feedforward_layer_norm": "post_attention_layer_norm",
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
GATED_DECODERS = (_LLAMA, _LLAMA3, _MISTRAL, _PHI3, _QWEN, _QWEN3, _SMOLLM3)
