"""TripletLoss: what belongs together is closer than what does not, by a margin."""

from typing import Any, ClassVar

from keras import ops

from nlpkit._types import Tensor
from nlpkit.losses.embedding_loss import EmbeddingLoss, dot, unit

DISTANCES = ("euclidean", "cosine", "manhattan")


class TripletLoss(EmbeddingLoss):
    """`max(0, d(anchor, positive) - d(anchor, negative) + margin)`.

    The positive is to be closer than the negative (Schroff et al., 2015, 1503.03832).

    Args:
        distance: str. The distance d: "euclidean", "manhattan", or "cosine", 1 minus the
            similarity. Default "euclidean".
        margin: float. Default 5, which suits embeddings that are not normalized.
        **kwargs: `reduction`, `dtype` and `name` of `keras.losses.Loss`.

    Call arguments:
        y_true: ignored.
        y_pred: float `[batch, 3, dim]`: anchors, positives and negatives.

    Returns:
        float `[batch]`, before reduction.

    Raises:
        ValueError: there are not three columns, or the distance is unknown.

    Example:
        >>> import numpy as np
        >>> loss = nlpkit.losses.TripletLoss("cosine", margin=0.5)
        >>> float(loss(np.zeros(1), np.array([[[1, 0], [1, 0], [0, 1]]], "float32")))
        0.0
    """

    columns: ClassVar[tuple[int, int | None]] = (3, 3)
    takes_labels: ClassVar[bool] = False

    def __init__(self, distance: str = "euclidean", margin: float = 5.0, **kwargs: Any) -> None:
        if distance not in DISTANCES:
            raise ValueError(f"distance must be one of {', '.join(DISTANCES)}; got {distance!r}.")
        super().__init__(**kwargs)
        self.distance = distance
        self.margin = margin

    def call(self, y_true: Tensor, y_pred: Tensor) -> Any:
        """Compute the loss of each row; see the class."""
        anchor, positive, negative = self._columns(y_pred)
        margin = self._distance(anchor, positive) - self._distance(anchor, negative) + self.margin
        return ops.relu(margin)

    def _distance(self, first: Tensor, second: Tensor) -> Any:
        if self.distance == "cosine":
            return 1 - dot(unit(first), unit(second))
        if self.distance == "manhattan":
            return ops.sum(ops.abs(first - second), axis=-1)
        # The root has no gradient at zero, where texts are equal.
        return ops.sqrt(ops.maximum(ops.sum(ops.square(first - second), axis=-1), 1e-12))
