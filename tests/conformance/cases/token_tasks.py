"""The tasks on tokens, and their preprocessors."""

from typing import Any

import nlpkit
from conformance.cases.backbones import bert_backbone_arguments
from conformance.cases.case import Case
from conformance.cases.tokenizers import VOCABULARY, tokenizer


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


TOKEN_TASKS = [
    Case("TokenClassifierPreprocessor", _preprocessing),
    Case("TokenClassifier", _classifying),
]
