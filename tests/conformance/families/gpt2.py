"""GPT-2."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference
from conformance.cases.kerashub_decoder import PLAIN, KerasHubDecoder


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 2,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 20,
        "dropout": 0.2,
        "max_sequence_length": 16,
        "activation": "silu",
        "embedding_dropout": 0.3,
        "attention_dropout": 0.4,
        "layer_norm_epsilon": 1e-3,
    }


def _reference(**config: Any) -> Any:
    return reference("GPT2LMHeadModel", **{"n_positions": 16, **config})


CASES = [
    DecoderCase(
        "GPT2Backbone",
        _arguments,
        references={
            "many_heads": _reference(num_hidden_layers=3, num_attention_heads=16),
            "narrow": _reference(n_inner=5, num_attention_heads=1, hidden_size=9),
            "exact_gelu": _reference(activation_function="gelu", layer_norm_epsilon=1e-3),
        },
        kerashub={
            "gpt2": KerasHubDecoder("GPT2", {**PLAIN, "max_sequence_length": 16}),
        },
        tokenizers={
            "GPT2Tokenizer": byte_pairs(special={"start_token": "[CLS]", "end_token": "[SEP]"})
        },
    )
]
