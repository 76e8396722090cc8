from collections.abc import Callable
from typing import Any

from conformance.cases.backbones import randomize
from conformance.cases.speech import SpeechCase


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 31,
        "num_layers": 1,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "num_mels": 6,
        "dropout": 0.2,
        "max_encoder_sequence_length": 20,
        "max_decoder_sequence_length": 14,
        "activation": "gelu_tanh",
        "attention_dropout": 0.3,
        "num_decoder_layers": 2,
        "num_decoder_heads": 4,
        "decoder_intermediate_dim": 10,
    }


def _reference(**config: Any) -> Callable[[], Any]:
    def make() -> Any:
        import transformers

        sizes = {
            "vocab_size": 31,
            "num_mel_bins": 6,
            "d_model": 16,
            "encoder_layers": 2,
            "decoder_layers": 2,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 20,
            "decoder_ffn_dim": 20,
            "max_source_positions": 7,
            "max_target_positions": 12,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "decoder_start_token_id": 3,
        }
        tokens = {"suppress_tokens": [4, 5], "begin_suppress_tokens": [6]}
        shape = transformers.WhisperConfig(**sizes | tokens | config)
        return randomize(transformers.WhisperForConditionalGeneration(shape).eval())

    return make


CASES = [
    SpeechCase(
        "WhisperBackbone",
        _arguments,
        references={
            "shallow_decoder": _reference(encoder_layers=3, decoder_layers=1),
            "other_decoder": _reference(
                encoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=9
            ),
            "many_features_relu": _reference(
                num_mel_bins=20, d_model=12, activation_function="relu"
            ),
        },
    )
]
