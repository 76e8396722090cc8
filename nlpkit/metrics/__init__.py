"""Metrics of language models and of generated text."""

from nlpkit import _backend as _backend
from nlpkit.metrics.perplexity import Perplexity

__all__ = ["Perplexity"]


def __dir__() -> list[str]:
    return [*__all__]
