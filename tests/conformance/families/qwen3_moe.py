"""Qwen 3 with experts."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference
from conformance.cases.kerashub_decoder import GROUPED, LINEAR, KerasHubDecoder

YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 3,
        "num_query_heads": 4,
        "num_key_value_heads": 2,
        "hidden_dim": 16,
        "intermediate_dim": 20,
        "rope_max_wavelength": 100,
        "layer_norm_epsilon": 1e-3,
        "dropout": 0.2,
        "rope_scaling": YARN,
        "head_dim": 6,
        "attention_dropout": 0.3,
        "activation": "gelu_tanh",
        "max_sequence_length": 64,
        "moe_intermediate_dim": 8,
        "num_experts": 4,
        "top_k": 3,
        "norm_top_k_prob": True,
        "decoder_sparse_step": 2,
        "tie_word_embeddings": True,
        "sliding_window_size": 3,
        "router_aux_loss_coefficient": 0.03,
        "mlp_only_layers": [0],
        "attention_bias": True,
    }


def _linear() -> dict[str, Any]:
    arguments = {name: x for name, x in _arguments().items() if name != "rope_scaling"}
    return {**arguments, "rope_scaling_factor": 2.0}


def _reference(**config: Any) -> Any:
    sizes = {
        "intermediate_size": 20,
        "max_position_embeddings": 64,
        "num_key_value_heads": 2,
        "num_experts": 6,
        "num_experts_per_tok": 3,
        "moe_intermediate_size": 8,
    }
    return reference("Qwen3MoeForCausalLM", **{**sizes, **config})


CASES = [
    DecoderCase(
        "Qwen3MoeBackbone",
        _arguments,
        references={
            "normalized": _reference(norm_topk_prob=True),
            "few_layers_with_experts_odd_heads_biases": _reference(
                num_hidden_layers=3, decoder_sparse_step=2, head_dim=6, attention_bias=True
            ),
            "window_dense_first_layer_tied": _reference(
                use_sliding_window=True,
                sliding_window=4,
                mlp_only_layers=[0],
                tie_word_embeddings=True,
                num_experts_per_tok=1,
            ),
        },
        kerashub={
            # KerasHub's norms of queries and keys have this epsilon, whatever is stated.
            "qwen3_moe": KerasHubDecoder(
                "Qwen3Moe",
                {
                    **GROUPED,
                    **LINEAR,
                    "layer_norm_epsilon": 1e-6,
                    "head_dim": 6,
                    "moe_intermediate_dim": 10,
                    "num_experts": 3,
                    "top_k": 2,
                    "norm_top_k_prob": True,
                    "sliding_window_size": 3,
                },
            ),
        },
        tokenizers={
            "Qwen3MoeTokenizer": byte_pairs(
                special={"end_token": "[SEP]", "pad_token": "[PAD]"},
                split_pattern="gpt2",
                normalization="NFD",
            )
        },
        others={"linear": _linear},
    )
]
