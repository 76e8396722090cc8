"""Descriptions of KerasHub's encoder-decoder families."""

from collections.abc import Mapping
from typing import Any

from nlpkit.presets.layouts.kerashub.decoder import PLAIN, SENTENCE_PIECES, byte_pairs
from nlpkit.presets.layouts.kerashub.family import ClassMapping, Family
from nlpkit.presets.layouts.kerashub.layers import (
    BIASED_CROSS_ATTENTION,
    BIASED_LAYER,
    POST_NORM,
    PRE_NORM,
    renamed,
)

_LENGTHS = ("encoder_sequence_length", "decoder_sequence_length")


_ENCODER_LAYER = BIASED_LAYER.replace("{norm}", POST_NORM)
_DECODER_LAYER = _ENCODER_LAYER + BIASED_CROSS_ATTENTION.replace("{norm}", POST_NORM)

# T5's layers.
_RELATIVE = """
token_embedding/embeddings <- layers/reversible_embedding/0
encoder_relative/table/embeddings <- layers/t5_transformer_layer/self_attention/0
encoder_final_norm/scale <- layers/t5_layer_norm/0
decoder_relative/table/embeddings <- layers/t5_transformer_layer_{depth}/self_attention/0
decoder_final_norm/scale <- layers/t5_layer_norm_1/0
"""
_RELATIVE_ATTENTION = """
attention/query/kernel <- self_attention/query_projector/0
attention/key/kernel <- self_attention/key_projector/0
attention/value/kernel <- self_attention/value_projector/0
attention/output/kernel <- self_attention/output_projector/0
attention_residual/pre_norm/scale <- self_attention_layer_norm/0
"""
_RELATIVE_CROSS_ATTENTION = renamed(
    _RELATIVE_ATTENTION,
    {"self_attention": "cross_attention", "\nattention": "\ncross_attention"},
)
_RELATIVE_LAYER = (
    _RELATIVE_ATTENTION
    + """
feed_forward/output/kernel <- output_projector/0
feed_forward_residual/pre_norm/scale <- layer_norm/0
"""
)
_FEED_FORWARDS = {
    "use_gated_activation": """
feed_forward/gate/kernel <- input_projector/0
feed_forward/intermediate/kernel <- gate_projector/0
""",
    "not use_gated_activation": """
feed_forward/intermediate/kernel <- input_projector/0
""",
}

# Whisper's.
_SPEECH = """
encoder_frame_embedding/convolution_1/kernel <- layers/conv1d/0 | merge 3 first heads
encoder_frame_embedding/convolution_1/bias <- layers/conv1d/1
encoder_frame_embedding/convolution_2/kernel <- layers/conv1d_1/0 | merge 3 first heads
encoder_frame_embedding/convolution_2/bias <- layers/conv1d_1/1
encoder_frame_embedding/positions <- layers/position_embedding/0
encoder_final_norm/gamma <- layers/layer_normalization/0
encoder_final_norm/beta <- layers/layer_normalization/1
token_embedding/embeddings <- layers/token_and_position_embedding/token_embedding/0
decoder_position_embedding/embeddings <- layers/token_and_position_embedding/position_embedding/0
decoder_final_norm/gamma <- layers/layer_normalization_1/0
decoder_final_norm/beta <- layers/layer_normalization_1/1
"""
_SPECIAL = """
    endoftext startoftranscript translate transcribe startoflm startofprev nospeech nocaptions
    notimestamps
"""


def encoder_decoder(
    name: str,
    tokenizer: Mapping[str, Any],
    *,
    arguments: tuple[str, ...],
    lines: str,
    respelled: Mapping[str, Mapping[str, str]] | None = None,
    encoder: tuple[str, str] = (_ENCODER_LAYER, "transformer_encoder"),
    layer: str = _DECODER_LAYER,
    layer_name: str = "transformer_decoder",
    **family: Any,
) -> Family:
    """Describe a family of encoder-decoders whose classes have the usual names.

    Args:
        name: what the names of its classes start with.
        tokenizer: of the tokenizer's mapping.
        arguments, lines, respelled: of the backbone's mapping.
        encoder, layer, layer_name: of `Family`; by default those of KerasHub's
            `TransformerEncoder`s and `TransformerDecoder`s.
        **family: further attributes of `Family`.
    """

    def mapping(kind: str, **attributes: Any) -> ClassMapping:
        return ClassMapping((name + kind,), name + kind, **attributes)

    return Family(
        tokenizer=mapping("Tokenizer", **tokenizer),
        backbone=mapping("Backbone", arguments=arguments, lines=lines, respelled=respelled or {}),
        preprocessors=(mapping("Seq2SeqLMPreprocessor", arguments=_LENGTHS),),
        tasks=(mapping("Seq2SeqLM", arguments=()),),
        layer=layer,
        layer_name=layer_name,
        encoder=encoder,
        **family,
    )


def relative_encoder_decoder(name: str) -> Family:
    """Describe a family of KerasHub's T5 layers, whose names start with `name`."""
    gelu = {f"{package}>gelu_approximate": "gelu_tanh" for package in ("keras_hub", "keras_nlp")}
    return encoder_decoder(
        name,
        SENTENCE_PIECES,
        arguments=(
            *PLAIN,
            "key_value_dim",
            "activation",
            "use_gated_activation",
            "layer_norm_epsilon",
            "tie_embedding_weights",
        ),
        lines=_RELATIVE,
        respelled={"activation": gelu},
        encoder=(_RELATIVE_LAYER, "t5_transformer_layer"),
        layer=_RELATIVE_LAYER + _RELATIVE_CROSS_ATTENTION,
        layer_name="t5_transformer_layer",
        options=_FEED_FORWARDS,
        sizes={"depth": "num_layers"},
    )


def speech_encoder_decoder(name: str) -> Family:
    """Describe a family of KerasHub's Whisper layers, whose names start with `name`.

    KerasHub has no task of it; the head that transcribes is tied.
    """

    def mapping(kind: str, *arguments: str, **attributes: Any) -> ClassMapping:
        return ClassMapping((name + kind,), name + kind, arguments, **attributes)

    layers = (BIASED_LAYER, BIASED_LAYER + BIASED_CROSS_ATTENTION)
    encoder, decoder = (_without_key_biases(x.replace("{norm}", PRE_NORM)) for x in layers)
    tokens = byte_pairs(*(f"<|{token}|>" for token in _SPECIAL.split()))
    own = {"renamed": {"language_tokens": "special_tokens"}, "inert": tokens["inert"]}
    given = (*tokens["arguments"], "special_tokens", "language_tokens")
    lengths = [f"max_{stack}_sequence_length" for stack in ("encoder", "decoder")]
    sizes = ("num_mels", "num_fft_bins", "stride", "sampling_rate", "max_audio_length")
    return Family(
        tokenizer=mapping("Tokenizer", *given, **own),
        backbone=mapping("Backbone", *PLAIN, "num_mels", *lengths, lines=_SPEECH),
        audio_converter=mapping("AudioConverter", *sizes),
        preprocessors=(),
        tasks=(ClassMapping((), f"{name}SpeechToText", ()),),
        layer=decoder,
        layer_name="whisper_decoder",
        encoder=(encoder, "whisper_encoder"),
    )


def _without_key_biases(layer: str) -> str:
    return "\n".join(line for line in layer.splitlines() if "key/bias" not in line)
