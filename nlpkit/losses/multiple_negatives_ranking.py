"""MultipleNegativesRankingLoss: the other rows' answers as wrong ones."""

from typing import Any, ClassVar

from keras import ops

from nlpkit._types import Tensor
from nlpkit.losses.embedding_loss import EmbeddingLoss, unit


class MultipleNegativesRankingLoss(EmbeddingLoss):
    """Cross-entropy of finding a text's answer among the answers of all rows of the batch.

    `-log softmax(scale cos(anchor, candidates))` at the row's own positive, the second column.
    Candidates are the positives of all rows and their negatives, the further columns (Henderson et
    al., 2017, 1705.00652; van den Oord et al., 2018, 1807.03748). The larger the batch, the harder.

    Args:
        scale: float. The factor of the cosine similarities, an inverse temperature. Default 20.
        **kwargs: `reduction`, `dtype` and `name` of `keras.losses.Loss`.

    Call arguments:
        y_true: ignored.
        y_pred: float `[batch, columns, dim]`: anchors, positives and, if any, negatives.

    Returns:
        float `[batch]`, before reduction.

    Raises:
        ValueError: there is one column.

    Example:
        >>> import numpy as np
        >>> loss = nlpkit.losses.MultipleNegativesRankingLoss()
        >>> pairs = np.array([[[1, 0], [1, 0]], [[0, 1], [0, 1]]], "float32")
        >>> float(loss(np.zeros(2), pairs)) < 1e-6
        True
    """

    takes_labels: ClassVar[bool] = False

    def __init__(self, scale: float = 20.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, y_true: Tensor, y_pred: Tensor) -> Any:
        """Compute the loss of each row; see the class."""
        anchors, *candidates = self._columns(unit(y_pred))
        scores = self.scale * ops.matmul(anchors, ops.transpose(ops.concatenate(candidates, 0)))
        own = self.scale * ops.sum(anchors * candidates[0], axis=-1)
        return ops.logsumexp(scores, axis=-1) - own
