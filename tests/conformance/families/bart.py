"""BART, mBART and mBART-50."""

from collections.abc import Callable
from typing import Any

from conformance.cases.decoder import byte_pairs, sentence_pieces
from conformance.cases.kerashub_decoder import PLAIN, KerasHubDecoder
from conformance.cases.seq2seq import LENGTHS, Seq2SeqCase, reference

_SPECIAL = {
    "start_token": "[CLS]",
    "end_token": "[SEP]",
    "pad_token": "[PAD]",
    "mask_token": "[MASK]",
}


def _arguments() -> dict[str, Any]:
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


def _references(architecture: str) -> dict[str, Callable[[], Any]]:
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


def _reference(architecture: str, **config: Any) -> Callable[[], Any]:
    sizes = {
        "decoder_layers": 2,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 20,
        "decoder_ffn_dim": 20,
        "max_position_embeddings": 24,
        "decoder_start_token_id": 2,
    }
    return reference(architecture, **{**sizes, **config})


CASES = [
    Seq2SeqCase(
        "BartBackbone",
        _arguments,
        references=_references("BartForConditionalGeneration"),
        tokenizer=byte_pairs(special=_SPECIAL),
        kerashub={
            "bart": KerasHubDecoder(
                "Bart", {**PLAIN, "max_sequence_length": 16}, task="Seq2SeqLM", lengths=LENGTHS
            )
        },
    ),
    Seq2SeqCase(
        "MBartBackbone",
        _arguments,
        references=_references("MBartForConditionalGeneration"),
        tokenizer=sentence_pieces(
            special={**_SPECIAL, "source_language": "[UNK]", "target_language": "[MASK]"},
            languages=["en_XX"],
        ),
        # Its model lacks what comes last, so that the tokenizer adds it.
        tokenizers={
            "MBart50Tokenizer": sentence_pieces(
                special={
                    **_SPECIAL,
                    "mask_token": "<m>",
                    "source_language": "de_DE",
                    "target_language": "ro_RO",
                    "languages": ["de_DE", "ro_RO"],
                }
            )
        },
    ),
]
