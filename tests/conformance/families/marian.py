"""Marian."""

from collections.abc import Callable
from functools import cache
from typing import Any

from conformance.cases.bart_like import arguments, references
from conformance.cases.decoder import TokenizerArguments
from conformance.cases.hard_strings import SPECIAL
from conformance.cases.sentence_piece import EVERY_TOKENIZER, tiny_proto
from conformance.cases.seq2seq import Seq2SeqCase
from nlpkit.tokenizers.sentence_piece.proto import SentencePieceProto

_SPECIAL = {"end_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"}


def _vocabulary(*model_types: str) -> dict[str, int]:
    """The pieces of models, those of several before others, after the special tokens."""
    models = [SentencePieceProto.parse(tiny_proto(model_type)) for model_type in model_types]
    pieces = sorted({piece.text for model in models for piece in model.pieces} - {*SPECIAL})
    return {token: i for i, token in enumerate([*SPECIAL, ">>fra<<", *pieces])}


def _changed() -> dict[str, Any]:
    return {
        **EVERY_TOKENIZER,
        **_SPECIAL,
        "vocabulary": _vocabulary("bpe"),
        "source_proto": tiny_proto("bpe"),
        "target_proto": tiny_proto("unigram"),
        "target_vocabulary": _vocabulary("unigram"),
        "special_tokens": ["[CLS]"],
        "special_tokens_in_strings": True,
    }


def _small() -> dict[str, Any]:
    return {
        **_SPECIAL,
        "vocabulary": _vocabulary("bpe", "unigram"),
        "source_proto": tiny_proto("bpe"),
        "target_proto": tiny_proto("unigram"),
    }


def _with_positions(make: Callable[[], Any]) -> Callable[[], Any]:
    """A model with the positions that its class makes, as files leave them out."""

    @cache
    def made() -> Any:
        model = make()
        for side in (model.model.encoder, model.model.decoder):
            side.embed_positions.weight.data = side.embed_positions.create_weight()
        return model

    return made


CASES = [
    Seq2SeqCase(
        "MarianBackbone",
        arguments,
        references={
            shape: _with_positions(make) for shape, make in references("MarianMTModel").items()
        },
        tokenizer=TokenizerArguments(changed=_changed, small=_small),
    )
]
