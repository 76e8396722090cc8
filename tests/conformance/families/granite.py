"""Granite 3."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference

LINEAR = {"rope_type": "linear", "factor": 2.0}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "num_query_heads": 4,
        "hidden_dim": 16,
        "intermediate_dim": 20,
        "num_key_value_heads": 2,
        "rope_max_wavelength": 100,
        "layer_norm_epsilon": 1e-3,
        "dropout": 0.2,
        "tie_word_embeddings": True,
        "embedding_multiplier": 2.0,
        "attention_multiplier": 0.2,
        "residual_multiplier": 0.6,
        "logits_scaling": 0.5,
        "rope_scaling": LINEAR,
        "head_dim": 6,
        "attention_bias": True,
        "feed_forward_bias": True,
        "attention_dropout": 0.3,
        "activation": "gelu_tanh",
        "max_sequence_length": 64,
    }


def _reference(**config: Any) -> Any:
    sizes = {"intermediate_size": 20, "max_position_embeddings": 64, "num_key_value_heads": 2}
    return reference("GraniteForCausalLM", **{**sizes, **config})


CASES = [
    DecoderCase(
        "GraniteBackbone",
        _arguments,
        references={
            "factors": _reference(
                embedding_multiplier=12.0,
                attention_multiplier=0.015625,
                residual_multiplier=0.22,
                logits_scaling=8.0,
                num_hidden_layers=3,
            ),
            "no_factors_biases": _reference(attention_bias=True, mlp_bias=True),
            "one_head_for_all_tied_scaled": _reference(
                num_key_value_heads=1,
                tie_word_embeddings=True,
                residual_multiplier=0.5,
                rope_parameters={**LINEAR, "rope_theta": 50.0},
            ),
        },
        tokenizers={
            "GraniteTokenizer": byte_pairs(special={"start_token": "[SEP]", "end_token": "[SEP]"})
        },
    )
]
