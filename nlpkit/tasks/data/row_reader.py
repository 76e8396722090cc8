"""Reading of rows of texts, for the loss that is to learn from them."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from nlpkit._types import Data
from nlpkit._warning import warn
from nlpkit.losses.embedding_loss import EmbeddingLoss
from nlpkit.losses.matryoshka import MatryoshkaLoss
from nlpkit.losses.multiple_negatives_ranking import MultipleNegativesRankingLoss
from nlpkit.tasks.data.example_reader import ExampleReader
from nlpkit.tasks.data.labels import Labels

if TYPE_CHECKING:
    from nlpkit.tasks.task import Task


@dataclass(frozen=True)
class RowReader(ExampleReader):
    """Reads columns of texts that belong together, of any number.

    Args:
        loss: that the model is compiled with, if it is one of embeddings.
    """

    loss: EmbeddingLoss | None = None

    @classmethod
    def of(cls, task: "Task", labelled: bool = True) -> Self:
        """Create the reader of a task with a preprocessor."""
        loss = task.loss if task.compiled and isinstance(task.loss, EmbeddingLoss) else None
        limit = task.backbone.max_positions
        return cls(task.preprocessor, Labels.of(task), None, labelled, True, limit, loss)

    def read(self, x: Data, y: Data = None, sample_weight: Data = None) -> tuple[Any, Any, Any]:
        """Convert examples to columns, and check them against the loss; see `ExampleReader.read`.

        Raises:
            ValueError: the loss compares another number of columns, lacks labels, or would ignore
                those that are given.
        """
        x, y, sample_weight = super().read(x, y, sample_weight)
        if self.labelled and self.loss is not None:
            _check(self.loss, x if isinstance(x, tuple) else (x,), y)
        return x, y, sample_weight


def _check(loss: EmbeddingLoss, columns: tuple[Any, ...], y: Data) -> None:
    loss.check_columns(len(columns))
    name = type(loss).__name__
    if loss.takes_labels and y is None:
        raise ValueError(f"{name} needs labels: numbers for each row of texts; got y=None.")
    if not loss.takes_labels and y is not None:
        raise ValueError(
            f"{name} takes no labels; got y. Compile with another of nlpkit.losses, such as "
            "CosineSimilarityLoss, or omit y."
        )
    while isinstance(loss, MatryoshkaLoss):
        loss = loss.loss
    if isinstance(loss, MultipleNegativesRankingLoss):
        _report_repeated(columns[1])


def _report_repeated(positives: Any) -> None:
    counts = Counter(positives if isinstance(positives, list) else positives.tolist())
    repeated = {text: count for text, count in counts.items() if count > 1}
    if repeated:
        text, count = max(repeated.items(), key=lambda item: item[1])
        warn(
            f"{sum(repeated.values())} of {counts.total()} positives occur in several rows, such "
            f"as {text!r:.60} in {count}. Two of them in one batch count as wrong answers to each "
            "other: leave out repeated rows."
        )
