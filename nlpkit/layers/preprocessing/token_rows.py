"""Conversion of rows of tokens to flat and dense arrays."""

import array
import itertools
from collections.abc import Sequence

import numpy as np

from nlpkit.ops.data.ragged import Row


def row_lengths(rows: Sequence[Row]) -> np.ndarray:
    """The number of tokens of each row."""
    return np.fromiter(map(len, rows), "int64", len(rows))


def concatenate(rows: Sequence[Row]) -> np.ndarray:
    """Concatenate the rows to an array of integers, or of objects if the tokens are strings.

    Raises:
        ValueError: the tokens are neither all ids nor all strings.
    """
    if rows and all(isinstance(row, np.ndarray) for row in rows):
        return _checked(np.concatenate(rows))
    first = next((row[0] for row in rows if len(row)), 0)
    if isinstance(first, str | bytes):
        flat = list(itertools.chain.from_iterable(rows))
        tokens = np.empty(len(flat), object)
        tokens[:] = flat
        return tokens
    return _ids(rows)


def to_dense(rows: Sequence[Row]) -> tuple[np.ndarray, np.ndarray]:
    """Ids padded with 0 on the right, `[batch, longest]`, and their padding mask, bool."""
    lengths = row_lengths(rows)
    real = np.arange(lengths.max(initial=0)) < lengths[:, None]
    dense = np.zeros(real.shape, "int64")
    dense[real] = concatenate(rows)
    return dense, real


def _checked(tokens: np.ndarray) -> np.ndarray:
    kind = tokens.dtype.kind
    if kind in "OUS":
        return tokens.astype(object)
    if kind in "iub":
        return tokens
    if not tokens.size:  # NumPy turns an empty list into an array of floats.
        return tokens.astype("int32")
    raise ValueError(f"Tokens must be ids or strings; got an array of {tokens.dtype}.")


def _ids(rows: Sequence[Row]) -> np.ndarray:
    # The fastest way from lists to an array; unlike NumPy it rejects floats and strings.
    ids = array.array("i")
    try:
        for row in rows:
            ids.fromlist(row if type(row) is list else list(row))
    except (TypeError, OverflowError) as error:
        raise ValueError(f"Tokens must be all strings or all 32-bit ids: {error}.") from error
    return np.frombuffer(ids, "int32") if ids else np.empty(0, "int32")
