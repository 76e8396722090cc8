"""Qwen 3."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference
from conformance.cases.kerashub_decoder import GROUPED, LINEAR, KerasHubDecoder

YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 2,
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
        "tie_word_embeddings": False,
        "sliding_window_size": 3,
        "attention_bias": True,
        "window_layers": [1],
    }


def _linear() -> dict[str, Any]:
    arguments = {name: x for name, x in _arguments().items() if name != "rope_scaling"}
    return {**arguments, "rope_scaling_factor": 2.0}


def _reference(**config: Any) -> Any:
    sizes = {"intermediate_size": 20, "max_position_embeddings": 64, "num_key_value_heads": 2}
    return reference("Qwen3ForCausalLM", **{**sizes, **config})


CASES = [
    DecoderCase(
        "Qwen3Backbone",
        _arguments,
        references={
            "odd_heads_tied": _reference(head_dim=6, tie_word_embeddings=True),
            "biases_window_on_every_other_layer": _reference(
                attention_bias=True,
                num_hidden_layers=3,
                use_sliding_window=True,
                sliding_window=4,
                layer_types=["sliding_attention", "full_attention", "sliding_attention"],
            ),
            "yarn_one_head_for_all": _reference(
                rope_parameters={**YARN, "rope_theta": 50.0}, head_dim=4, num_key_value_heads=1
            ),
        },
        kerashub={
            # KerasHub's norms of queries and keys have this epsilon, whatever is stated.
            "qwen3": KerasHubDecoder(
                "Qwen3",
                {
                    **GROUPED,
                    **LINEAR,
                    "layer_norm_epsilon": 1e-5,
                    "head_dim": 6,
                    "sliding_window_size": 3,
                },
            ),
            "qwen3_untied": KerasHubDecoder(
                "Qwen3", {**GROUPED, "head_dim": 6, "tie_word_embeddings": False}
            ),
        },
        tokenizers={
            "Qwen3Tokenizer": byte_pairs(
                special={"end_token": "[SEP]", "pad_token": "[PAD]"},
                split_pattern="gpt2",
                normalization="NFD",
            )
        },
        others={"linear": _linear},
    )
]
