"""Splitting features into heads, and joining them.

Keras' reshape looks through the new shape for symbolic tensors, which on PyTorch takes longer than
the reshaping; there are four in each layer of a transformer.

Letters: B batch, T tokens, H heads, D head size.
"""

from typing import Any

import keras
from keras import ops


def split_heads(x: Any, heads: int, size: int) -> Any:
    """`[B, T, H D]` -> `[B, T, H, D]`."""
    if _is_torch(x):
        return x.unflatten(-1, (heads, size))
    return ops.reshape(x, (*ops.shape(x)[:2], heads, size))


def merge_heads(x: Any, heads: int, size: int) -> Any:
    """`[B, T, H, D]` -> `[B, T, H D]`."""
    if _is_torch(x):
        return x.flatten(-2)
    return ops.reshape(x, (*ops.shape(x)[:2], heads * size))


def heads_as_rows(x: Any) -> Any:
    """`[B, T, H, D]` -> `[B H, T, D]`."""
    if _is_torch(x):
        return x.transpose(1, 2).flatten(0, 1)
    _, length, _, size = ops.shape(x)
    return ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (-1, length, size))


def rows_as_heads(x: Any, heads: int) -> Any:
    """`[B H, T, D]` -> `[B, T, H, D]`."""
    if _is_torch(x):
        return x.unflatten(0, (-1, heads)).transpose(1, 2)
    _, length, size = ops.shape(x)
    return ops.transpose(ops.reshape(x, (-1, heads, length, size)), (0, 2, 1, 3))


def _is_torch(x: Any) -> bool:
    return keras.backend.backend() == "torch" and not isinstance(x, keras.KerasTensor)
