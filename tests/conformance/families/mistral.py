"""Mistral."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference, sentence_pieces
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
        "sliding_window": 3,
        "tie_word_embeddings": True,
    }


def _linear() -> dict[str, Any]:
    arguments = {name: x for name, x in _arguments().items() if name != "rope_scaling"}
    return {**arguments, "rope_scaling_factor": 2.0}


def _reference(**config: Any) -> Any:
    sizes = {"intermediate_size": 20, "max_position_embeddings": 64, "num_key_value_heads": 2}
    return reference("MistralForCausalLM", **{**sizes, **config})


CASES = [
    DecoderCase(
        "MistralBackbone",
        _arguments,
        references={
            "window": _reference(sliding_window=4),
            "odd_heads_tied": _reference(
                sliding_window=None, head_dim=10, tie_word_embeddings=True, num_hidden_layers=3
            ),
            "window_linear_scaling": _reference(
                sliding_window=3,
                rope_parameters={"rope_type": "linear", "factor": 2.5, "rope_theta": 100.0},
                num_key_value_heads=4,
                hidden_act="gelu",
            ),
        },
        kerashub={
            "mistral": KerasHubDecoder(
                "Mistral", {**GROUPED, **LINEAR, "sliding_window": 3, "head_dim": 6}
            ),
            "mistral_without_window": KerasHubDecoder(
                "Mistral", {**GROUPED, "sliding_window": None}
            ),
        },
        tokenizers={
            "MistralTokenizer": sentence_pieces(
                special={"start_token": "[CLS]", "end_token": "[SEP]"}
            ),
            "MistralTekkenTokenizer": byte_pairs(
                special={"start_token": "[CLS]", "end_token": "[SEP]"}
            ),
        },
        preprocessors={
            "MistralCausalLMPreprocessor": "MistralTokenizer",
            "MistralTekkenCausalLMPreprocessor": "MistralTekkenTokenizer",
        },
        others={"linear": _linear},
    )
]
