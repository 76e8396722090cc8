"""KerasHub's decoders with experts; see `kerashub_families`."""

from nlpkit.presets.layouts.kerashub.decoder import (
    END_OF_TEXT,
    ROPE,
    SENTENCE_PIECES,
    byte_pairs,
    grouped_decoder,
)
from nlpkit.presets.layouts.kerashub.layers import (
    BIASED_EXPERTS_LAYER,
    EXPERTS_LAYER,
    FUSED_EXPERTS_LAYER,
    PROJECTION_NORMS,
    renamed,
)

_MIXTRAL = grouped_decoder(
    "Mixtral",
    SENTENCE_PIECES,
    (
        *ROPE,
        "sliding_window",
        "num_experts",
        "top_k",
        "router_jitter_noise",
        "router_aux_loss_coef",
    ),
    "mixtral_layer_normalization",
    EXPERTS_LAYER,
    "mixtral_transformer_decoder",
)
_QWEN3_MOE = grouped_decoder(
    "Qwen3Moe",
    byte_pairs("<|im_end|>", "<|endoftext|>"),
    (
        *ROPE,
        "head_dim",
        "tie_word_embeddings",
        "sliding_window_size",
        "moe_intermediate_dim",
        "num_experts",
        "top_k",
        "norm_top_k_prob",
        "router_aux_loss_coefficient",
    ),
    "qwen3_moe_layer_norm",
    FUSED_EXPERTS_LAYER + PROJECTION_NORMS,
    "qwen3_moe_transformer_decoder",
    # All published ones have experts in every layer.
    backbone={"inert": {"mlp_only_layers": (None,), "decoder_sparse_step": (1,)}},
)
# There the windows are on the other layers and one token longer than in OpenAI's model, which the
# weights are from, and here.
_GPT_OSS = grouped_decoder(
    "GptOss",
    END_OF_TEXT,
    (*ROPE, "num_experts", "top_k", "sliding_window", "output_router_logits", "head_dim"),
    "gpt_oss_layer_normalization",
    renamed(
        BIASED_EXPERTS_LAYER,
        {
            "self_attention_layer_norm": "input_layer_norm",
            "feedforward_layer_norm": "post_attention_layer_norm",
        },
    ),
    "gpt_oss_transformer_decoder",
    sizes={"width": "intermediate_dim"},
)
EXPERT_DECODERS = (_GPT_OSS, _MIXTRAL, _QWEN3_MOE)
