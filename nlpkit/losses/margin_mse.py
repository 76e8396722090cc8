"""MarginMSELoss: how much better one answer is than another, learned from a teacher."""

from typing import Any, ClassVar

from keras import ops

from nlpkit._types import Tensor
from nlpkit.losses.embedding_loss import EmbeddingLoss, dot


class MarginMSELoss(EmbeddingLoss):
    """The squared error of the margins `query · positive - query · negative`.

    A teacher, such as a cross-encoder, says what the margins should be (Hofstätter et al., 2020,
    2010.02666).

    Args:
        **kwargs: `reduction`, `dtype` and `name` of `keras.losses.Loss`.

    Call arguments:
        y_true: float `[batch]` or `[batch, negatives]`, the margins; or `[batch, 1 + negatives]`,
            the scores of which they are the differences.
        y_pred: float `[batch, 2 + negatives, dim]`: queries, positives and negatives.

    Returns:
        float `[batch]`, before reduction: the mean over a row's negatives.

    Raises:
        ValueError: there are fewer than three columns, or labels for another number of negatives.

    Example:
        >>> import numpy as np
        >>> loss = nlpkit.losses.MarginMSELoss()
        >>> float(loss(np.array([2.0]), np.array([[[1, 0], [1, 0], [0, 1]]], "float32")))
        1.0
    """

    columns: ClassVar[tuple[int, int | None]] = (3, None)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Any:
        """Compute the loss of each row; see the class."""
        query, positive, *negatives = self._columns(y_pred)
        wrong = ops.stack([dot(query, negative) for negative in negatives], axis=1)  # B N
        margins = dot(query, positive)[:, None] - wrong
        return ops.mean(ops.square(margins - self._margins(y_true, len(negatives))), axis=-1)

    def _margins(self, y_true: Tensor, count: int) -> Any:
        if len(y_true.shape) == 1:
            y_true = y_true[:, None]
        if y_true.shape[1] == count + 1:
            return y_true[:, :1] - y_true[:, 1:]
        if y_true.shape[1] != count:
            raise ValueError(
                f"y must have {count} margins or {count + 1} scores for each row of {count} "
                f"negatives; got {y_true.shape[1]} numbers."
            )
        return y_true
