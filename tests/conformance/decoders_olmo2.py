"""OLMo 2."""

from typing import Any

from conformance.decoder_case import DecoderCase, byte_pairs, reference

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
    )
]
