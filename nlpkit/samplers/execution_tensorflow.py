"""Compiled loops on TensorFlow."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def compiled_graph(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that calls a model, by XLA: it writes to a cache in place."""
    return tf.function(function, jit_compile=True, autograph=False)
