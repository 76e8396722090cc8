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
    return _entry(tf.convert_to_tensor(array), index)


@tf.custom_gradient
def _entry(array: Tensor, index: Tensor) -> Any:
    start = tf.stack([index] + [tf.zeros_like(index)] * (len(array.shape) - 1))

    def gradient(upstream: Tensor) -> Any:
        return xla.dynamic_update_slice(tf.zeros_like(array), upstream[None], start), None

    return xla.dynamic_slice(array, start, (1, *array.shape[1:]))[0], gradient
