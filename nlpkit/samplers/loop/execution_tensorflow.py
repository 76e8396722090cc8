"""Compiled loops on TensorFlow."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def compiled_graph(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that calls a model, by XLA: it writes to a cache in place."""
    return tf.function(function, jit_compile=True, autograph=False)


def is_tracing() -> bool:
    """Whether what runs now only builds a graph."""
    return not tf.executing_eagerly()


def traced_seed() -> Any:
    """A seed that is drawn anew each time the graph runs."""
    return tf.random.uniform((), maxval=2**31 - 1, dtype="int32")
