"""Phi-3."""

from typing import Any

from conformance.cases.decoder import DecoderCase, reference, sentence_pieces
from conformance.cases.kerashub_decoder import GROUPED, KerasHubDecoder


def _longrope(pairs: int, before: int) -> dict[str, Any]:
    return {
        "rope_type": "longrope",
        "short_factor": [1.0 + i / 2 for i in range(pairs)],
        "long_factor": [2.0 + 3 * i for i in range(pairs)],
        "original_max_position_embeddings": before,
    }


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "hidden_dim": 16,
        "intermediate_dim": 20,
        "num_query_heads": 2,
        "num_key_value_heads": 1,
        "layer_norm_epsilon": 1e-3,
        "dropout": 0.2,
        "max_sequence_length": 300,
        "rope_max_wavelength": 100,
        "rope_scaling": {**_longrope(2, 200), "factor": 1.5},
        "pretraining_sequence_length": 200,
        "partial_rotary_factor": 0.5,
        "sliding_window": 5,
        "tie_word_embeddings": True,
        "embedding_dropout": 0.1,
        "attention_dropout": 0.3,
        "activation": "gelu_tanh",
    }


def _kerashub() -> dict[str, Any]:
    return {
        **{name: x for name, x in _arguments().items() if name != "rope_scaling"},
        "rope_scaling_type": "su",
        "rope_scaling_short_factor": [1.0, 1.5],
        "rope_scaling_long_factor": [2.0, 5.0],
    }


def _reference(before: int, pairs: int, **config: Any) -> Any:
    """A model with LongRoPE, which all rows are longer than `before`, or none is."""
    sizes = {"intermediate_size": 20, "max_position_embeddings": 64}
    rope = {**_longrope(pairs, before), "rope_theta": 100.0}
    rope |= {"partial_rotary_factor": config.pop("partial_rotary_factor", 1.0)}
    longrope = {"rope_parameters": rope, "original_max_position_embeddings": before}
    return reference("Phi3ForCausalLM", **{**sizes, **longrope, **config})


CASES = [
    DecoderCase(
        "Phi3Backbone",
        _arguments,
        references={
            "plain_grouped_heads": reference(
                "Phi3ForCausalLM",
                intermediate_size=20,
                max_position_embeddings=64,
                num_key_value_heads=2,
            ),
            "long_windows": _reference(6, 2, num_key_value_heads=4, sliding_window=5),
            "short_half_heads_tied": _reference(
                32, 1, partial_rotary_factor=0.5, num_key_value_heads=1, tie_word_embeddings=True
            ),
        },
        kerashub={
            "phi3": KerasHubDecoder("Phi3", {**GROUPED, "rope_max_wavelength": 100}),
            "phi3_long": KerasHubDecoder(
                "Phi3",
                {
                    **GROUPED,
                    "rope_scaling_type": "su",
                    "rope_scaling_short_factor": [1.0, 2.0],
                    "rope_scaling_long_factor": [3.0, 4.0],
                    "max_sequence_length": 64,
                    "pretraining_sequence_length": 16,
                },
            ),
        },
        tokenizers={
            "Phi3Tokenizer": sentence_pieces(special={"start_token": "[CLS]", "end_token": "[SEP]"})
        },
        others={"kerashub": _kerashub},
    )
]
