"""Similarities of embeddings: cosine, dot product, and negated distances."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from nlpkit._types import Tensor


def similarity(first: Tensor, second: Tensor, name: str) -> np.ndarray:
    """Compute the similarity of every embedding to every other one.

    Args:
        first: float `[n, dim]` or `[dim]`.
        second: float `[m, dim]` or `[dim]`.
        name: str. One of `SIMILARITIES`.

    Returns:
        float32 `[n, m]`.
    """
    first, second = np.atleast_2d(_array(first)), np.atleast_2d(_array(second))
    _check(first.shape[-1], second.shape[-1])
    return SIMILARITIES[name](first, second)


def similarity_pairwise(first: Tensor, second: Tensor, name: str) -> np.ndarray:
    """Compute the similarity of each embedding to the one in the same row.

    Args:
        first, second: float `[n, dim]`.
        name: str. One of `SIMILARITIES`.

    Returns:
        float32 `[n]`.
    """
    first, second = np.atleast_2d(_array(first)), np.atleast_2d(_array(second))
    _check(first.shape, second.shape)
    # One row against one row, for all rows at once.
    return SIMILARITIES[name](first[:, None], second[:, None])[:, 0, 0]


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.asarray(first @ np.swapaxes(second, -1, -2))


def _cosine(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return _dot(unit_length(first), unit_length(second))


def _euclidean(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return -np.sqrt(_summed(lambda x, y: np.square(x - y), first, second))


def _manhattan(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return -_summed(lambda x, y: np.abs(x - y), first, second)


def _summed(function: Callable[[Any, Any], Any], first: np.ndarray, second: np.ndarray) -> Any:
    """Sum over the features of all pairs of rows, a row of `first` at a time."""
    rows = [function(first[..., i, None, :], second).sum(-1) for i in range(first.shape[-2])]
    return np.stack(rows, axis=-2)


SIMILARITIES = {
    "cosine": _cosine,
    "dot": _dot,
    "euclidean": _euclidean,
    "manhattan": _manhattan,
}


def unit_length(embeddings: np.ndarray) -> np.ndarray:
    """Scale embeddings `[..., dim]` to length 1; those of zeros remain."""
    norms = np.linalg.norm(embeddings, axis=-1, keepdims=True)
    return np.asarray(embeddings / np.maximum(norms, 1e-12))


def _array(embeddings: Tensor) -> np.ndarray:
    held = ops.convert_to_numpy(embeddings) if ops.is_tensor(embeddings) else embeddings
    return np.asarray(held, "float32")


def _check(first: Any, second: Any) -> None:
    if first != second:
        raise ValueError(f"Embeddings must have the same size; got {first} and {second}.")
