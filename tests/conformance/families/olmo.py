"""OLMo 2 and 3."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference

WINDOW, FULL = "sliding_attention", "full_attention"
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 2,
        "num_query_heads": 4,
        "hidden_dim": 16,
        "intermediate_dim": 20,
        "num_key_value_heads": 2,
        "rope_max_wavelength": 100,
        "layer_norm_epsilon": 1e-3,
        "dropout": 0.2,
        "tie_word_embeddings": True,
        "rope_scaling": YARN,
        "head_dim": 6,
        "attention_bias": True,
        "attention_dropout": 0.3,
        "activation": "gelu_tanh",
        "max_sequence_length": 64,
    }


def _windows() -> dict[str, Any]:
    linear = {"rope_type": "linear", "factor": 2.0}
    return {
        **_arguments(),
        "sliding_window": 4,
        "layer_types": [FULL, WINDOW],
        "local_rope_max_wavelength": 50,
        "local_rope_scaling": linear,
    }


def _reference3(**config: Any) -> Any:
    sizes = {"intermediate_size": 20, "max_position_embeddings": 64, "num_key_value_heads": 2}
    return reference("Olmo3ForCausalLM", **{**sizes, "sliding_window": 4, **config})


def _reference(**config: Any) -> Any:
    sizes = {"intermediate_size": 20, "max_position_embeddings": 64, "num_key_value_heads": 2}
    return reference("Olmo2ForCausalLM", **{**sizes, **config})


CASES = [
    DecoderCase(
        "Olmo2Backbone",
        _arguments,
        references={
            "grouped_heads": _reference(num_hidden_layers=3),
            "one_head_for_all_tied_biases": _reference(
                num_key_value_heads=1, tie_word_embeddings=True, attention_bias=True
            ),
            "yarn_gelu": _reference(
                num_key_value_heads=4,
                rope_parameters={**YARN, "rope_theta": 50.0},
                hidden_act="gelu_pytorch_tanh",
            ),
        },
        tokenizers={
            "Olmo2Tokenizer": byte_pairs(special={"end_token": "[SEP]", "pad_token": "[PAD]"})
        },
    ),
    DecoderCase(
        "Olmo3Backbone",
        _windows,
        references={
            "every_second_layer_is_full": _reference3(layer_types=[WINDOW, FULL]),
            "three_windows_of_five_layers": _reference3(num_hidden_layers=5),
            "yarn_as_published": _reference3(
                rope_parameters={
                    FULL: {**YARN, "rope_theta": 500000.0},
                    WINDOW: {"rope_type": "default", "rope_theta": 500000.0},
                },
                num_hidden_layers=4,
            ),
            "yarn_in_full_layers_tied_biases": _reference3(
                rope_parameters={
                    FULL: {**YARN, "rope_theta": 50.0},
                    WINDOW: {"rope_type": "default", "rope_theta": 50.0},
                },
                layer_types=[FULL, WINDOW],
                tie_word_embeddings=True,
                attention_bias=True,
            ),
        },
        tokenizers={
            "Olmo3Tokenizer": byte_pairs(special={"end_token": "[SEP]", "pad_token": "[PAD]"})
        },
    ),
]
