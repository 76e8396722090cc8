"""SacreBleuMetric: the base class of metrics that sacrebleu defines."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from keras import ops

from nlpkit._compat import require
from nlpkit._types import DType
from nlpkit.metrics.text_metric import TextMetric
from nlpkit.ops import backend
from nlpkit.tokenizers.base.tokenizer import Tokenizer


class SacreBleuMetric(TextMetric):
    """Base class of corpus-level metrics that the package sacrebleu defines (Post, 2018).

    Raises:
        ImportError: sacrebleu is not installed.
    """

    def __init__(
        self,
        scorer: str,
        settings: dict[str, Any],
        size: int,
        /,
        tokenizer: Tokenizer | None,
        *,
        dtype: DType,
        name: str,
    ) -> None:
        super().__init__(size, tokenizer, dtype=dtype, name=name)
        metrics = require("sacrebleu", type(self).__name__).metrics
        self._scorer = getattr(metrics, scorer)(**settings)

    @property
    def signature(self) -> str:
        """The settings and sacrebleu's version, to be reported with a score."""
        return str(self._scorer.get_signature())

    def result(self) -> Any:
        """The score so far, from 0 to 1; sacrebleu's is 100 times as large."""
        score = backend.on_host(self._score, (), ops.convert_to_tensor(self._counts))
        return ops.cast(score, self.dtype)

    def _compare(self, references: list[list[str]], predictions: list[str]) -> Sequence[Any]:
        # Streams of first, second, ... references; None where a text has fewer.
        streams = [*zip_longest(*references)]
        counts: Sequence[Any] = self._scorer._extract_corpus_statistics(predictions, streams)
        return counts

    def _score(self, counts: Any) -> float:
        counts = [int(x) for x in ops.convert_to_numpy(counts)]
        score: float = self._scorer._compute_score_from_stats(counts).score
        return score / 100
