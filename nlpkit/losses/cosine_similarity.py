"""CosineSimilarityLoss: similarities of pairs as numbers to learn."""

from typing import Any, ClassVar

from keras import ops

from nlpkit._types import Tensor
from nlpkit.losses.embedding_loss import EmbeddingLoss, dot, unit


class CosineSimilarityLoss(EmbeddingLoss):
    """The squared error of the cosine similarity of pairs (Reimers and Gurevych, 2019, 1908.10084).

    Args:
        **kwargs: `reduction`, `dtype` and `name` of `keras.losses.Loss`.

    Call arguments:
        y_true: float `[batch]`, the similarity that pairs should have, from -1 to 1.
        y_pred: float `[batch, 2, dim]`.

    Returns:
        float `[batch]`, before reduction.

    Raises:
        ValueError: there are not two columns.

    Example:
        >>> import numpy as np
        >>> loss = nlpkit.losses.CosineSimilarityLoss()
        >>> float(loss(np.array([0.5]), np.array([[[1, 0], [0, 1]]], "float32")))
        0.25
    """

    columns: ClassVar[tuple[int, int | None]] = (2, 2)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Any:
        """Compute the loss of each row; see the class."""
        first, second = self._columns(unit(y_pred))
        similarity = dot(first, second)
        return ops.square(similarity - ops.reshape(y_true, ops.shape(similarity)))
