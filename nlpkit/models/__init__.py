"""The model families: tokenizer, preprocessors, backbone and tasks of each in one file."""

from nlpkit.backbones.backbone import Backbone
from nlpkit.models.bert import (
    BertBackbone,
    BertClassifier,
    BertMaskedLM,
    BertMaskedLMPreprocessor,
    BertPreprocessor,
    BertTokenizer,
)
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.task import Task
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.tokenizer import Tokenizer

BertTextClassifier = BertClassifier
BertTextClassifierPreprocessor = BertPreprocessor

__all__ = [
    "Backbone",
    "BertBackbone",
    "BertClassifier",
    "BertMaskedLM",
    "BertMaskedLMPreprocessor",
    "BertPreprocessor",
    "BertTextClassifier",
    "BertTextClassifierPreprocessor",
    "BertTokenizer",
    "MaskedLM",
    "Preprocessor",
    "Task",
    "TextClassifier",
    "Tokenizer",
]
