"""What the cases of BART and its relatives share."""

from collections.abc import Callable
from typing import Any

from conformance.cases.decoder import reference as plain_reference
from conformance.cases.seq2seq import HEADS, reference


def arguments() -> dict[str, Any]:
    """A value other than the default for every argument of the backbone."""
    return {
        "vocabulary_size": 31,
        "num_layers": 1,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "dropout": 0.2,
        "max_sequence_length": 32,
        "activation": "gelu_tanh",
        "attention_dropout": 0.3,
        "activation_dropout": 0.1,
        "scale_embeddings": True,
        "num_decoder_layers": 2,
        "num_decoder_heads": 4,
        "decoder_intermediate_dim": 10,
    }


def references(architecture: str) -> dict[str, Callable[[], Any]]:
    """Tiny random models of a class of Hugging Face's, by shape."""
    return {
        "deep_wide_decoder": _reference(
            architecture,
            num_hidden_layers=1,
            decoder_layers=3,
            decoder_ffn_dim=28,
            decoder_attention_heads=8,
        ),
        "deep_encoder_scaled": _reference(
            architecture,
            num_hidden_layers=3,
            decoder_layers=1,
            scale_embedding=True,
            encoder_ffn_dim=9,
        ),
        "odd_heads_relu": _reference(
            architecture,
            hidden_size=15,
            num_attention_heads=3,
            decoder_attention_heads=5,
            activation_function="relu",
        ),
    }


def heads(name: str) -> dict[str, list[Callable[[], Any]]]:
    """Those with heads that classify, of the classes whose names begin so."""
    shapes = ({"decoder_layers": 1}, {"num_hidden_layers": 1, "decoder_attention_heads": 2})
    return {
        kind: [plain_reference(name + ending, **{**_SIZES, **shape}) for shape in shapes]
        for kind, ending in HEADS.items()
    }


_SIZES = {
    "decoder_layers": 2,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 20,
    "decoder_ffn_dim": 20,
    "max_position_embeddings": 24,
    "decoder_start_token_id": 2,
}


def _reference(architecture: str, **config: Any) -> Callable[[], Any]:
    return reference(architecture, **{**_SIZES, **config})
