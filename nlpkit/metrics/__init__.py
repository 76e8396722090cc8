"""Metrics of texts, entities and answers."""

from typing import TYPE_CHECKING

from nlpkit._namespace import namespace

if TYPE_CHECKING:
    from nlpkit.metrics.perplexity import Perplexity as Perplexity
    from nlpkit.metrics.span_f1 import SpanF1 as SpanF1
    from nlpkit.metrics.spearman_correlation import SpearmanCorrelation as SpearmanCorrelation
    from nlpkit.metrics.squad_metric import SquadMetric as SquadMetric

__all__, __getattr__, __dir__ = namespace(
    __name__,
    {
        "perplexity": "Perplexity",
        "span_f1": "SpanF1",
        "squad_metric": "SquadMetric",
        "spearman_correlation": "SpearmanCorrelation",
    },
)
