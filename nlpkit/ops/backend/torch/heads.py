"""Splitting features into heads, and joining them, by views of PyTorch.

Keras' `reshape` searches the new shape for symbolic tensors, which takes longer than the reshape
itself; there are four in each layer of a transformer.

Letters: B batch, T tokens, H heads, D head size.
"""

from typing import Any

from nlpkit._types import Tensor


def split_heads(x: Tensor, heads: int, size: int) -> Any:
    """`[B, T, H D]` -> `[B, T, H, D]`."""
    return x.unflatten(-1, (heads, size))


def merge_heads(x: Tensor, heads: int, size: int) -> Any:
    """`[B, T, H, D]` -> `[B, T, H D]`."""
    return x.flatten(-2)


def heads_as_rows(x: Tensor) -> Any:
    """`[B, T, H, D]` -> `[B H, T, D]`."""
    return x.transpose(1, 2).flatten(0, 1)


def rows_as_heads(x: Tensor, heads: int) -> Any:
    """`[B H, T, D]` -> `[B, T, H, D]`."""
    return x.unflatten(0, (-1, heads)).transpose(1, 2)
