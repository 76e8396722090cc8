"""Qwen 2 and 2.5."""

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
        "use_sliding_window_attention": True,
        "sliding_window_size": 3,
        "window_layers": [1],
    }


def _linear() -> dict[str, Any]:
    arguments = {name: x for name, x in _arguments().items() if name != "rope_scaling"}
    return {**arguments, "rope_scaling_factor": 2.0}


def _reference(**config: Any) -> Any:
    sizes = {"intermediate_size": 20, "max_position_embeddings": 64, "num_key_value_heads": 2}
    return reference("Qwen2ForCausalLM", **{**sizes, **config})


CASES = [
    DecoderCase(
        "QwenBackbone",
        _arguments,
        references={
            "tied": _reference(tie_word_embeddings=True, num_hidden_layers=3),
            "window_on_the_last_layer": _reference(
                use_sliding_window=True, sliding_window=4, max_window_layers=1
            ),
            "windows_on_all_yarn": _reference(
                use_sliding_window=True,
                sliding_window=5,
                max_window_layers=0,
                rope_parameters={**YARN, "rope_theta": 50.0},
                num_key_value_heads=1,
            ),
        },
        kerashub={
            "qwen": KerasHubDecoder("Qwen", {**GROUPED, **LINEAR}),
            "qwen_untied_with_window": KerasHubDecoder(
                "Qwen",
                {
                    **GROUPED,
                    "tie_word_embeddings": False,
                    "use_sliding_window_attention": True,
                    "sliding_window_size": 3,
                },
            ),
        },
        tokenizers={
            "QwenTokenizer": byte_pairs(
                special={"end_token": "[SEP]", "pad_token": "[PAD]"},
                split_pattern="gpt2",
                normalization="NFD",
            )
        },
        others={"linear": _linear},
    )
]
