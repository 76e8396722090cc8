"""Python functions called from TensorFlow's graphs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from nlpkit._types import Data
from nlpkit.ops.backend.default import host


def on_host(function: Callable[..., Any], shape: tuple[int, ...], *values: Data) -> Any:
    """Call a Python function of values; see `default`.

    Raises:
        ValueError: XLA compiles the graph, which has no way back to Python.
    """
    if tf.executing_eagerly():
        return host.on_host(function, shape, *values)
    if tf.__internal__.get_enclosing_xla_context() is not None:
        raise ValueError(
            "A metric that Python counts can't be compiled by XLA: on TensorFlow compile the model "
            "with jit_compile=False."
        )

    def call(*arrays: Any) -> Any:
        return np.reshape(np.asarray(function(*arrays), "float32"), shape)

    found = tf.numpy_function(call, values, tf.float32, stateful=False)
    found.set_shape(shape)
    return found
