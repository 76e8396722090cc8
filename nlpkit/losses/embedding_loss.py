"""EmbeddingLoss: the base class of losses that compare the embeddings of several texts."""

from typing import Any, ClassVar

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import DType, Tensor


class EmbeddingLoss(Configurable, keras.losses.Loss):
    """Base class of losses of `[batch, columns, dim]`, the embeddings of rows of several texts.

    Subclasses implement `call`, and say how many columns they compare.

    Args:
        reduction: str or None. As of `keras.losses.Loss`. Default "sum_over_batch_size".
        dtype: str. The float dtype of the computation. None (the default) means Keras' default.
        name: str or None.
    """

    # The least and the most columns that a row may have,
    columns: ClassVar[tuple[int, int | None]] = (2, None)
    # and whether rows have labels.
    takes_labels: ClassVar[bool] = True
    # How many texts are embedded at a time; None for all of a batch.
    mini_batch_size: int | None = None

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        dtype: DType = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def check_columns(self, count: int) -> None:
        """Check the number of texts of a row.

        Raises:
            ValueError: the loss compares another number.
        """
        least, most = self.columns
        if count < least or (most is not None and count > most):
            needed = f"{least}" if least == most else f"{least} or more"
            raise ValueError(
                f"{type(self).__name__} compares {needed} texts a row; got {count}. Columns are "
                "given as a tuple, fit((first, second)), pairs as a list of tuples."
            )

    def _columns(self, embeddings: Tensor) -> list[Tensor]:
        """The columns of `[B, C, dim]`, each `[B, dim]`."""
        rank = len(embeddings.shape)
        self.check_columns(embeddings.shape[1] if rank == 3 else 1)
        return [embeddings[:, i] for i in range(embeddings.shape[1])]


def dot(first: Tensor, second: Tensor) -> Any:
    """The dot product of each row of `[…, dim]` with the one in its place."""
    return ops.sum(first * second, axis=-1)


def unit(embeddings: Tensor) -> Any:
    """Scale embeddings to length 1; those of zeros remain."""
    return embeddings * ops.rsqrt(ops.maximum(dot(embeddings, embeddings), 1e-24))[..., None]
