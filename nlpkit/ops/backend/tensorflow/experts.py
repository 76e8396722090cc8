"""Mixtures of experts on TensorFlow: the parameters of an expert by XLA's own slice."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
from tensorflow.compiler.tf2xla.python import xla

from nlpkit._types import Tensor
from nlpkit.ops.backend.default.experts import apply_to_blocks


def apply_experts(
    x: Tensor, chosen: Tensor, expert: Callable[..., Any], parameters: Sequence[Any]
) -> Any:
    """Apply the experts block by block."""
    return apply_to_blocks(x, chosen, expert, parameters, _entry_of)


def _entry_of(array: Tensor, index: Tensor) -> Any:
    """`array[index]`; TensorFlow's own slices would be compiled anew for each index."""
    array = tf.convert_to_tensor(array)
    start = tf.stack([index] + [tf.zeros_like(index)] * (len(array.shape) - 1))
    return xla.dynamic_slice(array, start, (1, *array.shape[1:]))[0]


@tf.RegisterGradient("XlaDynamicSlice")
def _gradient(operation: Any, upstream: Tensor) -> Any:
    """TensorFlow has none; a `tf.custom_gradient` would keep each graph that it is in forever."""
    array, start, _ = operation.inputs
    return xla.dynamic_update_slice(tf.zeros_like(array), upstream, start), None, None
