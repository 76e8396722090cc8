"""MatryoshkaLoss: embeddings that can be cut short."""

from collections.abc import Sequence
from typing import Any

from nlpkit._types import Tensor
from nlpkit.losses.embedding_loss import EmbeddingLoss, unit


class MatryoshkaLoss(EmbeddingLoss):
    """The sum of another loss over the first features of embeddings, of several numbers of them.

    Each is scaled to length 1 (Kusupati et al., 2022, 2205.13147). `TextEmbedder(truncate_dim=…)`
    then keeps the first features alone.

    Args:
        loss: `EmbeddingLoss`, the loss of whole embeddings.
        dims: list of int. The numbers of features.
        weights: list of float or None. The weight of each; None for 1.
        **kwargs: `reduction`, `dtype` and `name` of `keras.losses.Loss`.

    Call arguments:
        y_true: what `loss` takes.
        y_pred: float `[batch, columns, dim]`.

    Returns:
        float `[batch]`, before reduction.

    Raises:
        ValueError: there are no `dims`, a number is not positive or larger than the embeddings, or
            there are not as many `weights`.

    Example:
        >>> import numpy as np
        >>> loss = nlpkit.losses.MatryoshkaLoss(nlpkit.losses.CosineSimilarityLoss(), [2, 1])
        >>> float(loss(np.array([0.0]), np.array([[[1, 0], [1, 0]]], "float32")))
        2.0
    """

    def __init__(
        self,
        loss: EmbeddingLoss,
        dims: Sequence[int],
        weights: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        if not dims or min(dims) < 1 or (weights is not None and len(weights) != len(dims)):
            raise ValueError(
                f"dims must be positive numbers, with a weight for each if any; got dims={dims}, "
                f"weights={weights}."
            )
        super().__init__(**kwargs)
        self.loss = loss
        self.dims = dims
        self.weights = weights

    def check_columns(self, count: int) -> None:
        """Check the number of texts of a row, as `loss` does."""
        self.loss.check_columns(count)

    @property
    def takes_labels(self) -> bool:  # type: ignore[override]
        """Whether rows have labels: where `loss` takes them."""
        return self.loss.takes_labels

    @property
    def mini_batch_size(self) -> int | None:  # type: ignore[override]
        """How many texts are embedded at a time, as `loss` says."""
        return self.loss.mini_batch_size

    def call(self, y_true: Tensor, y_pred: Tensor) -> Any:
        """Compute the loss of each row; see the class."""
        if max(self.dims) > y_pred.shape[-1]:
            raise ValueError(
                f"dims must be at most {y_pred.shape[-1]}, the size of an embedding; got "
                f"{list(self.dims)}."
            )
        total: Any = 0.0
        for dim, weight in zip(self.dims, self.weights or [1.0] * len(self.dims), strict=True):
            total += weight * self.loss.call(y_true, unit(y_pred[..., :dim]))
        return total
