"""Tiny encoders of KerasHub's: folders that KerasHub writes of them."""

from pathlib import Path
from typing import Any

import numpy as np

import nlpkit
from conformance.cases.encoder import EncoderCase
from conformance.cases.kerashub_decoder import MERGES
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind, SentencePieceProto

TEXTS = ["ab abb", "a", "abab b ab"]
_HEADS = {"TextClassifier": {"num_classes": 3, "dropout": 0.3}, "MaskedLM": {}}


def write(case: EncoderCase, folder: Path) -> dict[str, Any]:
    """Write KerasHub's own folders of random models on one backbone.

    Args:
        case: the family.
        folder: where folders are written, each named like the base class of what is in it.

    Returns:
        The models, by the names of the folders: a backbone, and the tasks that KerasHub has.
    """
    family = getattr(nlpkit.models, case.name).kerashub[0]
    tokenizer = _tokenizer(case, family)
    backbone = _class(family.backbone.names[0])(**_arguments(case, family, tokenizer))
    made = {"Backbone": backbone}
    for kind, arguments in _HEADS.items():
        if cls := _class(case.prefix + kind):
            preprocessor = _class(f"{case.prefix}{kind}Preprocessor")(tokenizer, sequence_length=14)
            made[kind] = cls(backbone=backbone, preprocessor=preprocessor, **arguments)
    generator = np.random.default_rng(5)
    for model in made.values():
        for variable in model.trainable_weights:
            variable.assign(generator.normal(scale=0.5, size=variable.shape))
    for kind, model in made.items():
        model.save_to_preset(str(folder / kind))
    tokenizer.save_to_preset(str(folder / "Backbone"))
    return {**made, "Tokenizer": tokenizer}


def _class(name: str) -> Any:
    from keras_hub import models

    return getattr(models, name, None)


def _arguments(case: EncoderCase, family: Family, tokenizer: Any) -> dict[str, Any]:
    given = {**case.arguments(), "vocabulary_size": tokenizer.vocabulary_size()}
    mapping = family.backbone
    return {name: given[mapping.renamed.get(name, name)] for name in mapping.arguments}


def _tokenizer(case: EncoderCase, family: Family) -> Any:
    from keras_hub.tokenizers import BytePairTokenizer, SentencePieceTokenizer

    cls, special = _class(family.tokenizer.names[0]), case.kerashub
    if issubclass(cls, SentencePieceTokenizer):
        return cls(_proto(special))
    if issubclass(cls, BytePairTokenizer):
        tokens = [*special, "a", "b", "Ġ", "ab", "Ġab"]
        return cls({token: i for i, token in enumerate(tokens)}, MERGES)
    return cls([*special, "a", "ab", "##b", "##a", "##ab"])


def _proto(special: tuple[str, ...]) -> bytes:
    kinds = dict.fromkeys(("<unk>", "[UNK]"), PieceKind.UNKNOWN)
    marked = [Piece(token, kind=kinds.get(token, PieceKind.CONTROL)) for token in special]
    plain = [Piece(text, -1.0 - i) for i, text in enumerate(["▁", "a", "b", "ab", "▁ab"])]
    return SentencePieceProto.build([*marked, *plain]).to_bytes()
