"""Compiled loops on TensorFlow."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


def program(
    function: Callable[..., Any], models: Sequence[Any], *, consume: bool
) -> Callable[..., Any]:
    """Compile the function by XLA, whose loops write to a cache in place."""
    compiled: Callable[..., Any] = tf.function(function, jit_compile=True, autograph=False)
    return compiled


def is_tracing() -> bool:
    """Whether the current code is being traced into a graph."""
    return not tf.executing_eagerly()


def traced_seed() -> Any:
    """A seed that is drawn again each time the graph runs."""
    return tf.random.uniform((), maxval=2**31 - 1, dtype="int32")
