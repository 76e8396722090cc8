"""OPT."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference
from conformance.cases.kerashub_decoder import PLAIN, KerasHubDecoder


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 20,
        "dropout": 0.2,
        "max_sequence_length": 16,
        "activation": "gelu_tanh",
        "attention_dropout": 0.3,
        "normalize_first": False,
        "use_bias": False,
        "embedding_dim": 6,
    }


def _reference(**config: Any) -> Any:
    sizes = {"ffn_dim": 20, "max_position_embeddings": 16}
    return reference("OPTForCausalLM", **{**sizes, **config})


CASES = [
    DecoderCase(
        "OPTBackbone",
        _arguments,
        references={
            "deep": _reference(num_hidden_layers=3, num_attention_heads=8),
            "norms_after_and_projections": _reference(
                do_layer_norm_before=False, word_embed_proj_dim=6
            ),
            "odd_heads_no_biases": _reference(
                hidden_size=9,
                num_attention_heads=3,
                enable_bias=False,
                activation_function="gelu",
            ),
        },
        kerashub={
            "opt": KerasHubDecoder("OPT", {**PLAIN, "max_sequence_length": 16}),
        },
        tokenizers={
            "OPTTokenizer": byte_pairs(
                special={"start_token": "[CLS]", "end_token": "[SEP]", "pad_token": "[PAD]"}
            )
        },
    )
]
