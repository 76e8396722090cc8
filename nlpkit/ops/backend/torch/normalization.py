"""Normalizations by PyTorch's fused kernels; Keras' several operations take ten times as long."""

from typing import Any

import torch

from nlpkit._types import Tensor


def layer_normalization(x: Tensor, scale: Tensor, offset: Tensor, epsilon: float) -> Any:
    """Compute `(x - mean) / sqrt(variance + epsilon) * scale + offset` over the last axis."""
    return torch.nn.functional.layer_norm(x, (x.shape[-1],), scale, offset, epsilon)


def rms_normalization(x: Tensor, scale: Tensor, epsilon: float) -> Any:
    """Compute `x / sqrt(mean(x²) + epsilon) * scale` over the last axis."""
    return torch.nn.functional.rms_norm(x, (x.shape[-1],), scale, epsilon)
