"""Descriptions of KerasHub's encoder-decoder families."""

from collections.abc import Mapping
from typing import Any

from nlpkit.presets.layouts.kerashub.family import ClassMapping, Family
from nlpkit.presets.layouts.kerashub.layers import (
    BIASED_CROSS_ATTENTION,
    BIASED_LAYER,
    POST_NORM,
)

_LENGTHS = ("encoder_sequence_length", "decoder_sequence_length")


def encoder_decoder(
    name: str, tokenizer: Mapping[str, Any], *, arguments: tuple[str, ...], lines: str
) -> Family:
    """Describe a family of KerasHub's `TransformerEncoder`s and `TransformerDecoder`s.

    Args:
        name: what the names of its classes start with.
        tokenizer: of the tokenizer's mapping.
        arguments, lines: of the backbone's mapping.
    """

    def mapping(kind: str, **attributes: Any) -> ClassMapping:
        return ClassMapping((name + kind,), name + kind, **attributes)

    layer = BIASED_LAYER.replace("{norm}", POST_NORM)
    return Family(
        tokenizer=mapping("Tokenizer", **tokenizer),
        backbone=mapping("Backbone", arguments=arguments, lines=lines),
        preprocessors=(mapping("Seq2SeqLMPreprocessor", arguments=_LENGTHS),),
        tasks=(mapping("Seq2SeqLM", arguments=()),),
        layer=layer + BIASED_CROSS_ATTENTION.replace("{norm}", POST_NORM),
        layer_name="transformer_decoder",
        encoder=(layer, "transformer_encoder"),
    )
