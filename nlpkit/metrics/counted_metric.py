"""CountedMetric: the base class of metrics that Python counts."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Data, DType, Tensor
from nlpkit.ops import backend
from nlpkit.tokenizers.base.ids_input import without_tensors


class CountedMetric(Configurable, keras.metrics.Metric):
    """Base class of metrics that Python counts, within compiled functions too.

    A subclass says how a batch is counted. The counts are summed in float32 variables, so that a
    metric of a whole corpus does not depend on how it was divided into batches.

    Args:
        dtype: str. The float dtype of the result. None (the default) means Keras' default.
        name: str.

    Raises:
        ValueError: `dtype` is not a float dtype.
    """

    def __init__(self, size: int, /, *, dtype: DType, name: str) -> None:
        super().__init__(dtype=dtype, name=name)
        if not keras.backend.is_float_dtype(self.dtype):
            raise ValueError(f"dtype must be a float dtype; got {dtype!r}.")
        self._counts = self.add_weight((size,), "zeros", dtype="float32", name="counts")

    def update_state(self, y_true: Data, y_pred: Data, sample_weight: Tensor = None) -> None:
        """Add a batch; see the class."""
        values = [y_true, _most_likely(y_pred)]
        if sample_weight is not None:
            values.append(sample_weight)
        self._counts.assign_add(backend.on_host(self._read_and_count, self._counts.shape, *values))

    def _read_and_count(self, *values: Data) -> Any:
        references, predictions, *weight = map(without_tensors, values)
        if weight:
            counts = np.reshape(np.asarray(weight[0]) != 0, (len(predictions), -1))
            references, predictions = (_kept(x, counts) for x in (references, predictions))
        sums = self._count(references, predictions) if len(predictions) else ()
        return np.sum([*sums, np.zeros(self._counts.shape)], axis=0)

    def _count(self, references: Any, predictions: Any) -> Sequence[Any]:
        """Count a batch, not empty: rows of numbers, which are added up."""
        raise NotImplementedError


def _most_likely(y_pred: Data) -> Data:
    """The ids with the highest logits or probabilities; other predictions as they are."""
    is_float = "float" in str(getattr(y_pred, "dtype", ""))
    return ops.argmax(y_pred, axis=-1) if is_float else y_pred


def _kept(rows: Any, counts: np.ndarray) -> list[Any]:
    """The rows, or what counts of each if there is a weight for each token."""
    if counts.shape[1] == 1:
        return [row for row, kept in zip(rows, counts[:, 0], strict=True) if kept]
    return [np.asarray(row)[kept] for row, kept in zip(rows, counts, strict=True) if kept.any()]
