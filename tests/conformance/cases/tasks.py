"""The preprocessors and tasks, each with the other, and the classes of Hugging Face's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import nlpkit
from conformance.cases.backbones import bert_backbone_arguments
from conformance.cases.case import Case
from conformance.cases.tokenizers import VOCABULARY, tokenizer

TEXTS = ["the movie was great", "terrible movie", "good", "unbelievable", "the movie", "great good"]
LABELS = np.array([2, 0, 1, 0, 1, 2])


@dataclass(frozen=True)
class TaskFamily:
    """What the checks of preprocessors and tasks ask.

    Attributes:
        task: makes the task without a preprocessor.
        preprocess: turns TEXTS into right-padded features, as transformers wants them.
        generic: name of the class whose `from_preset` finds the task.
        labels: of TEXTS; None where the preprocessor makes them.
        hugging_face: name of the class in transformers that opens a saved folder.
    """

    task: Callable[[], Any]
    preprocess: Callable[[], Any]
    generic: str
    labels: np.ndarray | None
    hugging_face: str


def _backbone() -> Any:
    own = {"vocabulary_size": len(VOCABULARY), "dropout": 0.0, "attention_dropout": 0.0}
    arguments = bert_backbone_arguments() | own
    return nlpkit.models.BertBackbone(**arguments)


def _packing_arguments() -> dict[str, Any]:
    return {
        "tokenizer": tokenizer(),
        "sequence_length": 8,
        "truncate": "waterfall",
        "truncation": "silent",
        "padding_side": "left",
    }


def _masking_arguments() -> dict[str, Any]:
    return {
        **_packing_arguments(),
        "mask_selection_rate": 0.5,
        "mask_selection_length": 4,
        "mask_token_rate": 0.7,
        "random_token_rate": 0.2,
        "seed": 3,
    }


def _classifier_arguments() -> dict[str, Any]:
    return {
        "backbone": _backbone(),
        "num_classes": 3,
        "preprocessor": nlpkit.models.BertPreprocessor(**_packing_arguments()),
        "activation": "softmax",
        "dropout": 0.3,
        "labels": ["bad", "fair", "good"],
        "pooling": "mean",
        "problem_type": "single_label_classification",
    }


def _masked_lm_arguments() -> dict[str, Any]:
    # Every token masked: what is left to chance would differ from call to call.
    everything = {"mask_selection_rate": 1.0, "mask_token_rate": 1.0, "random_token_rate": 0.0}
    preprocessor = nlpkit.models.BertMaskedLMPreprocessor(**_masking_arguments() | everything)
    backbone = _backbone()
    # The only ones that transformers, too, can compute.
    head = {
        "head_activation": backbone.activation,
        "head_layer_norm_epsilon": backbone.layer_norm_epsilon,
    }
    return {"backbone": backbone, "preprocessor": preprocessor, **head}


CLASSIFIER = TaskFamily(
    task=lambda: nlpkit.models.BertClassifier(_backbone(), num_classes=3),
    preprocess=lambda: nlpkit.models.BertPreprocessor(tokenizer(), sequence_length=8)(TEXTS),
    generic="TextClassifier",
    labels=LABELS,
    hugging_face="AutoModelForSequenceClassification",
)
MASKED_LM = TaskFamily(
    task=lambda: nlpkit.models.BertMaskedLM(_backbone()),
    preprocess=lambda: nlpkit.models.BertMaskedLMPreprocessor(
        tokenizer(), sequence_length=8, mask_selection_length=3, seed=5
    )(TEXTS)[0],
    generic="MaskedLM",
    labels=None,
    hugging_face="AutoModelForMaskedLM",
)
PREPROCESSORS = [
    Case("BertPreprocessor", _packing_arguments, family=CLASSIFIER),
    Case("BertMaskedLMPreprocessor", _masking_arguments, family=MASKED_LM),
]
TASKS = [
    Case(
        "BertClassifier",
        _classifier_arguments,
        others={
            "logits": lambda: {**_classifier_arguments(), "activation": None, "pooling": None},
        },
        refused={"hidden_dim": 7},
        family=CLASSIFIER,
    ),
    Case("BertMaskedLM", _masked_lm_arguments, family=MASKED_LM),
]
