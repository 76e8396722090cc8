"""Ragged lists of ids in plain Python and NumPy: reading any accepted form, padding to dense."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Row = Sequence[int] | np.ndarray


def to_rows(ids: object, name: str) -> tuple[list[Row], bool]:
    """Read ids of one example (rank 1) or of a batch (rank 2, ragged or dense).

    Args:
        ids: list, tuple or NumPy array of integers, or a list of such.
        name: str. The argument's name, for error messages.

    Returns:
        The rows, and whether the input was a batch.

    Raises:
        ValueError: `ids` has another rank.
    """
    if isinstance(ids, np.ndarray):
        if ids.ndim not in (1, 2):
            raise ValueError(f"{name} must have rank 1 or 2; got an array of shape {ids.shape}.")
        return ([ids], False) if ids.ndim == 1 else (list(ids), True)
    if not isinstance(ids, list | tuple):
        raise ValueError(f"{name} must be a list or array of ids, or of such; got {ids!r}.")
    batched = len(ids) > 0 and isinstance(ids[0], list | tuple | np.ndarray)
    return (list(ids), True) if batched else ([ids], False)


def pad_rows(
    rows: Sequence[Sequence[Any] | np.ndarray],
    length: int,
    pad_value: object,
    dtype: str,
    side: str,
) -> np.ndarray:
    """Pad rows of at most `length` entries to a dense array `[batch, length]`."""
    dense = np.full((len(rows), length), pad_value, dtype=object if dtype == "string" else dtype)
    for target, row in zip(dense, rows, strict=True):
        if len(row):
            target[slice(len(row)) if side == "right" else slice(-len(row), None)] = row
    return dense
