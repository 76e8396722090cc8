"""Pooling of the hidden states of tokens into one vector per text."""

from typing import Any

from keras import ops

from nlpkit._types import Tensor


def pool(hidden: Tensor, padding_mask: Tensor, pooling: str) -> Any:
    """Pool the real tokens of each row, on whichever side the padding is.

    Args:
        hidden: float `[B, T, dim]`.
        padding_mask: bool `[B, T]`, True = real token; None if all are. A row without real tokens
            is pooled as if all were real.
        pooling: "first" or "last" token, or the "mean" or "max" of all.

    Returns:
        float `[B, dim]`.
    """
    if pooling in ("first", "last"):
        return _end(hidden, padding_mask, pooling)
    if padding_mask is None:
        return ops.mean(hidden, axis=1) if pooling == "mean" else ops.max(hidden, axis=1)
    padding_mask = ops.logical_or(
        padding_mask, ops.logical_not(ops.any(padding_mask, axis=1, keepdims=True))
    )[..., None]
    if pooling == "max":
        return ops.max(ops.where(padding_mask, hidden, -float("inf")), axis=1)
    weights = ops.cast(padding_mask, "float32")  # B T 1
    total = ops.sum(ops.cast(hidden, "float32") * weights, axis=1)
    return ops.cast(total / ops.sum(weights, axis=1), hidden.dtype)


def _end(hidden: Tensor, padding_mask: Tensor, pooling: str) -> Any:
    if padding_mask is None:
        return hidden[:, 0] if pooling == "first" else hidden[:, -1]
    real = ops.cast(padding_mask, "int32")
    if pooling == "first":
        index = ops.argmax(real, axis=1)  # B
    else:
        index = ops.argmax(ops.cumsum(real, axis=1), axis=1)
    return ops.squeeze(ops.take_along_axis(hidden, index[:, None, None], axis=1), axis=1)
