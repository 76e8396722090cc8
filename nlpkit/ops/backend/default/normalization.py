"""Normalizations by Keras' operations, with statistics in float32."""

from typing import Any

from keras import ops

from nlpkit._types import Tensor


def layer_normalization(x: Tensor, scale: Tensor, offset: Tensor, epsilon: float) -> Any:
    """Compute `(x - mean) / sqrt(variance + epsilon) * scale + offset` over the last axis."""
    return ops.layer_normalization(x, scale, offset, axis=-1, epsilon=epsilon)


def rms_normalization(x: Tensor, scale: Tensor, epsilon: float) -> Any:
    """Compute `x / sqrt(mean(x²) + epsilon) * scale` over the last axis."""
    return ops.rms_normalization(x, scale=scale, axis=-1, epsilon=epsilon)
