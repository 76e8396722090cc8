"""Splitting features into heads, and joining them.

Letters: B batch, T tokens, H heads, D head size.
"""

from typing import Any

from keras import ops

from nlpkit._types import Tensor


def split_heads(x: Tensor, heads: int, size: int) -> Any:
    """`[B, T, H D]` -> `[B, T, H, D]`."""
    return ops.reshape(x, (*ops.shape(x)[:2], heads, size))


def merge_heads(x: Tensor, heads: int, size: int) -> Any:
    """`[B, T, H, D]` -> `[B, T, H D]`."""
    return ops.reshape(x, (*ops.shape(x)[:2], heads * size))


def heads_as_rows(x: Tensor) -> Any:
    """`[B, T, H, D]` -> `[B H, T, D]`."""
    _, length, _, size = ops.shape(x)
    return ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (-1, length, size))


def rows_as_heads(x: Tensor, heads: int) -> Any:
    """`[B H, T, D]` -> `[B, T, H, D]`."""
    _, length, size = ops.shape(x)
    return ops.transpose(ops.reshape(x, (-1, heads, length, size)), (0, 2, 1, 3))
