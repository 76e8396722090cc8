"""Entries of arrays by an index that is computed, on TensorFlow."""

import importlib
from typing import Any

from nlpkit._compat import require

tf: Any = require("tensorflow", "The tensorflow backend")
xla: Any = importlib.import_module("tensorflow.compiler.tf2xla.python.xla")


def entry(array: Any, index: Any) -> Any:
    """`array[index]`; TensorFlow's own slices would be compiled anew for each index."""
    return _entry(tf.convert_to_tensor(array), index)


@tf.custom_gradient
def _entry(array: Any, index: Any) -> Any:
    start = tf.stack([index] + [tf.zeros_like(index)] * (len(array.shape) - 1))

    def gradient(upstream: Any) -> Any:
        return xla.dynamic_update_slice(tf.zeros_like(array), upstream[None], start), None

    return xla.dynamic_slice(array, start, (1, *array.shape[1:]))[0], gradient
