"""SmolLM3."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference
from conformance.cases.kerashub_decoder import SIZES, KerasHubDecoder

YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "hidden_dim": 16,
        "intermediate_dim": 20,
        "num_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "attention_bias": True,
        "attention_dropout": 0.3,
        "rope_layer_enabled_list": [True, False],
        "layer_types": ["full_attention", "full_attention"],
        "mlp_bias": True,
        "layer_norm_epsilon": 1e-3,
        "max_position_embeddings": 64,
        "rope_theta": 100.0,
        "partial_rotary_factor": 1.0,
        "rope_scaling": YARN,
        "sliding_window": 3,
        "head_dim": 6,
        "tie_word_embeddings": False,
        "dropout": 0.2,
        "activation": "gelu_tanh",
    }


def _windows() -> dict[str, Any]:
    return {**_arguments(), "layer_types": ["full_attention", "sliding_attention"]}


def _reference(**config: Any) -> Any:
    sizes = {"intermediate_size": 20, "max_position_embeddings": 64, "num_key_value_heads": 2}
    return reference("SmolLM3ForCausalLM", **{**sizes, **config})


CASES = [
    DecoderCase(
        "SmolLM3Backbone",
        _arguments,
        references={
            "five_layers": _reference(num_hidden_layers=5),
            "windows_without_positions": _reference(
                num_hidden_layers=3,
                no_rope_layer_interval=2,
                use_sliding_window=True,
                sliding_window=4,
                tie_word_embeddings=False,
            ),
            "biases_yarn": _reference(
                attention_bias=True,
                mlp_bias=True,
                no_rope_layers=[0, 1],
                rope_parameters={**YARN, "rope_theta": 50.0},
            ),
        },
        others={"windows": _windows},
        kerashub={
            "smollm3": KerasHubDecoder(
                "SmolLM3",
                {
                    **SIZES,
                    "num_attention_heads": 4,
                    "num_key_value_heads": 2,
                    "attention_bias": False,
                    "attention_dropout": 0.0,
                    "rope_layer_enabled_list": [True, False],
                    "layer_types": ["full_attention"] * 2,
                    "mlp_bias": False,
                    "layer_norm_epsilon": 1e-3,
                    "max_position_embeddings": 64,
                    "rope_theta": 100.0,
                    "partial_rotary_factor": 1.0,
                },
            ),
        },
        tokenizers={
            "SmolLM3Tokenizer": byte_pairs(special={"end_token": "[SEP]"}, split_pattern="gpt2")
        },
    )
]
