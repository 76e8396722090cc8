"""SpearmanCorrelation: whether predictions order texts as labels do."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import DType, Tensor


class SpearmanCorrelation(Configurable, keras.metrics.Metric):
    """Compute the correlation of the ranks of predictions and labels since the last reset.

    Equal values share the mean of their ranks (Spearman, 1904). It is the measure of semantic
    similarity: 1 for the same order, -1 for the reverse one.

    Args:
        capacity: int. The most values that are kept, as ranks need all of them. Past it the result
            is NaN. Default 16,384.
        dtype: str. The float dtype of the computation. None (the default) means Keras' default.
        name: str. Default "spearman_correlation".

    Call arguments:
        y_true: float, any shape.
        y_pred: float, of as many values.
        sample_weight: refused, as ranks have no weights. Default None.

    Returns:
        `result()` is a scalar tensor, NaN for fewer than two values or if all are equal.

    Raises:
        ValueError: `sample_weight` is given, `capacity` is not positive, or `dtype` is not a float
            dtype.

    Example:
        >>> spearman = nlpkit.metrics.SpearmanCorrelation(capacity=10)
        >>> round(float(spearman([1.0, 2.0, 3.0, 4.0], [0.1, 0.4, 0.2, 0.9])), 3)
        0.8
    """

    def __init__(
        self,
        capacity: int = 16_384,
        dtype: DType = None,
        name: str = "spearman_correlation",
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        if not keras.backend.is_float_dtype(self.dtype):
            raise ValueError(f"dtype must be a float dtype; got {dtype!r}.")
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1; got {capacity}.")
        self.capacity = capacity
        self._labels = self.add_weight((capacity,), "zeros", name="labels")
        self._predictions = self.add_weight((capacity,), "zeros", name="predictions")
        self._count = self.add_weight((), "zeros", dtype="int32", name="count")

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Add a batch; see the class."""
        if sample_weight is not None:
            raise ValueError("SpearmanCorrelation takes no sample_weight: ranks have no weights.")
        start = ops.convert_to_tensor(self._count)
        size = 0
        for held, values in ((self._labels, y_true), (self._predictions, y_pred)):
            flat = ops.reshape(ops.cast(values, self.dtype), (-1,))
            size = ops.shape(flat)[0]
            places = ops.arange(self.capacity, dtype="int32") - start
            inside = ops.logical_and(places >= 0, places < size)
            taken = ops.take(flat, ops.clip(places, 0, size - 1))
            held.assign(ops.where(inside, taken, ops.convert_to_tensor(held)))
        self._count.assign(start + size)

    def result(self) -> Any:
        """The correlation so far."""
        count = ops.convert_to_tensor(self._count)
        counted = ops.arange(self.capacity, dtype="int32") < count
        first, second = (
            self._ranks(values, counted, count) for values in (self._labels, self._predictions)
        )
        covariance = ops.sum(first * second)
        spread = ops.sqrt(ops.sum(first * first) * ops.sum(second * second))
        valid = ops.logical_and(spread > 0, count <= self.capacity)
        return ops.where(valid, covariance / ops.where(valid, spread, 1.0), float("nan"))

    def _ranks(self, values: Any, counted: Tensor, count: Tensor) -> Any:
        """The ranks less their mean, divided by their number; 0 for what is not counted."""
        values = ops.convert_to_tensor(values)
        ordered = ops.sort(ops.where(counted, values, float("inf")))
        below = ops.searchsorted(ordered, values, side="left")
        up_to = ops.searchsorted(ordered, values, side="right")
        total = ops.cast(ops.maximum(ops.minimum(count, self.capacity), 1), self.dtype)
        # The mean of the ranks below + 1 to up_to; in all the mean is (total + 1) / 2.
        ranks = (ops.cast(below + up_to, self.dtype) + 1) / 2
        return ops.where(counted, (ranks - (total + 1) / 2) / total, 0.0)
