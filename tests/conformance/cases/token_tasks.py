"""The tasks on tokens, and their preprocessors."""

from typing import Any

import nlpkit
from conformance.cases.backbones import bert_backbone_arguments
from conformance.cases.case import Case
from conformance.cases.tokenizers import VOCABULARY, tokenizer

_QUESTIONS = (["movie", "good", "the"] * 2, ["the movie was", "terrible", "a great movie"] * 2)


def _preprocessing() -> dict[str, Any]:
    return {
        "tokenizer": tokenizer(),
        "sequence_length": 10,
        "stride": 3,
        "subwords": "all",
        "padding_side": "left",
    }


def _classifying() -> dict[str, Any]:
    backbone = {**bert_backbone_arguments(), "vocabulary_size": len(VOCABULARY)}
    return {
        "backbone": nlpkit.models.BertBackbone(**backbone),
        "labels": ["O", "B-A", "I-A"],
        "preprocessor": nlpkit.models.TokenClassifierPreprocessor(**_preprocessing()),
        "dropout": 0.3,
    }


def _reading() -> dict[str, Any]:
    return {name: value for name, value in _preprocessing().items() if name != "subwords"}


def _answering() -> dict[str, Any]:
    return {
        "backbone": _classifying()["backbone"],
        "preprocessor": nlpkit.models.QuestionAnswererPreprocessor(**_reading()),
        "dropout": 0.3,
    }


TOKEN_TASKS = [
    Case("QuestionAnswererPreprocessor", _reading, examples=(_QUESTIONS,)),
    Case("QuestionAnswerer", _answering, examples=(_QUESTIONS, ["movie", None, "great"] * 2)),
    Case("TokenClassifierPreprocessor", _preprocessing),
    Case("TokenClassifier", _classifying, examples=(["the movie"] * 6, [[(4, 9, "A")]] * 6)),
]
