"""BART."""

from collections.abc import Callable
from typing import Any

from conformance.cases.decoder import byte_pairs
from conformance.cases.kerashub_decoder import PLAIN, KerasHubDecoder
from conformance.cases.seq2seq import LENGTHS, Seq2SeqCase, reference


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


def _reference(**config: Any) -> Callable[[], Any]:
    sizes = {
        "decoder_layers": 2,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 20,
        "decoder_ffn_dim": 20,
        "max_position_embeddings": 24,
    }
    return reference("BartForConditionalGeneration", **{**sizes, **config})


CASES = [
    Seq2SeqCase(
        "BartBackbone",
        _arguments,
        references={
            "deep_wide_decoder": _reference(
                num_hidden_layers=1, decoder_layers=3, decoder_ffn_dim=28, decoder_attention_heads=8
            ),
            "deep_encoder_scaled": _reference(
                num_hidden_layers=3, decoder_layers=1, scale_embedding=True, encoder_ffn_dim=9
            ),
            "odd_heads_relu": _reference(
                hidden_size=15,
                num_attention_heads=3,
                decoder_attention_heads=5,
                activation_function="relu",
            ),
        },
        tokenizer=byte_pairs(
            special={
                "start_token": "[CLS]",
                "end_token": "[SEP]",
                "pad_token": "[PAD]",
                "mask_token": "[MASK]",
            }
        ),
        kerashub={
            "bart": KerasHubDecoder(
                "Bart", {**PLAIN, "max_sequence_length": 16}, task="Seq2SeqLM", lengths=LENGTHS
            )
        },
    )
]
