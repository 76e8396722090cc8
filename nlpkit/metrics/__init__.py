"""Metrics for language models."""

from typing import TYPE_CHECKING

from nlpkit._namespace import namespace

if TYPE_CHECKING:
    from nlpkit.metrics.perplexity import Perplexity as Perplexity

__all__, __getattr__, __dir__ = namespace(
    __name__,
    {
        "perplexity": "Perplexity",
    },
)
