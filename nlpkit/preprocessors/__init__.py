"""Strings to the features of a model, for one kind of task each."""

from nlpkit import _backend as _backend
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor

__all__ = [
    "CausalLMPreprocessor",
    "MaskedLMPreprocessor",
    "Preprocessor",
    "TextClassifierPreprocessor",
]


def __dir__() -> list[str]:
    return [*__all__]
