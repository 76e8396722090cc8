"""Metrics of language models and of generated text."""

from nlpkit.metrics.perplexity import Perplexity

__all__ = ["Perplexity"]
