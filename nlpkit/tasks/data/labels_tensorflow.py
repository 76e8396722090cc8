"""Validation of labels and weights inside `tf.data`."""

from typing import Any

import numpy as np

from nlpkit._compat import is_tensorflow_value, require
from nlpkit._types import DType, TensorFlowTensor
from nlpkit.tasks.data.labels import Labels

tf: Any = require("tensorflow", "tf.data")


def checked(
    labels: Labels, y: TensorFlowTensor, sample_weight: TensorFlowTensor
) -> tuple[Any, Any]:
    """Check the labels and weights of a batch with `labels` when the pipeline runs.

    Anything that is not a tensor is returned unchanged.
    """
    if _is_dense(y):
        rank = labels.rank if labels.classes is not None else y.shape.rank
        if y.shape.rank == rank + 1 and y.shape[-1] == 1:
            y = y[..., 0]
        dtype = y.dtype if y.dtype.is_integer or y.dtype.is_floating else tf.int32
        y = _run(labels.read, y, dtype)
    if _is_dense(sample_weight):
        # Their shape is checked by the loss.
        sample_weight = _run(lambda x: labels.read_weights(x, x), sample_weight, None)
    return y, sample_weight


def _is_dense(value: TensorFlowTensor) -> bool:
    return is_tensorflow_value(value) and not isinstance(value, tf.RaggedTensor)


def _run(read: Any, tensor: TensorFlowTensor, dtype: DType) -> Any:
    dtype = dtype or tensor.dtype
    read_value = tf.numpy_function(
        lambda value: np.asarray(read(value), dtype.as_numpy_dtype), [tensor], dtype
    )
    read_value.set_shape(tensor.shape)
    return read_value
