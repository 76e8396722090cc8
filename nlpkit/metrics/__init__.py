"""Metrics of texts, entities and answers."""

from typing import TYPE_CHECKING

from nlpkit._namespace import namespace

if TYPE_CHECKING:
    from nlpkit.metrics.bleu import Bleu as Bleu
    from nlpkit.metrics.chrf import ChrF as ChrF
    from nlpkit.metrics.edit_distance import CharacterErrorRate as CharacterErrorRate
    from nlpkit.metrics.edit_distance import EditDistance as EditDistance
    from nlpkit.metrics.edit_distance import WordErrorRate as WordErrorRate
    from nlpkit.metrics.perplexity import Perplexity as Perplexity
    from nlpkit.metrics.rouge import RougeL as RougeL
    from nlpkit.metrics.rouge import RougeN as RougeN
    from nlpkit.metrics.span_f1 import SpanF1 as SpanF1
    from nlpkit.metrics.spearman_correlation import SpearmanCorrelation as SpearmanCorrelation
    from nlpkit.metrics.squad_metric import SquadMetric as SquadMetric

__all__, __getattr__, __dir__ = namespace(
    __name__,
    {
        "bleu": "Bleu",
        "chrf": "ChrF",
        "edit_distance": "CharacterErrorRate, EditDistance, WordErrorRate",
        "perplexity": "Perplexity",
        "rouge": "RougeL, RougeN",
        "span_f1": "SpanF1",
        "squad_metric": "SquadMetric",
        "spearman_correlation": "SpearmanCorrelation",
    },
)
