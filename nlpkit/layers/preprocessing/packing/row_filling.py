"""Bin packing of texts into rows, to minimize padding."""

from typing import NamedTuple

import numpy as np


class Filling(NamedTuple):
    """The row and the first column of each text.

    Attributes:
        rows: int array `[texts]`, the row of each.
        begins: int array `[texts]`, its first column.
        numbers: int array `[texts]`, 1 for the first text of a row, 2 for the second, and so on.
        num_rows: int. The number of rows, including empty ones at the end.
    """

    rows: np.ndarray
    begins: np.ndarray
    numbers: np.ndarray
    num_rows: int


def fill_rows(lengths: np.ndarray, length: int, side: str) -> Filling:
    """Put each text, the longest first, into the first row with room for it.

    The number of rows is rounded up, by less than a quarter and to at most the number of texts, so
    that batches have few different shapes.

    Args:
        lengths: int array `[texts]`, at most `length`. Texts of length 0 take no room.
        length: int. The length of the rows.
        side: "right" or "left". The side of the padding.
    """
    size = len(lengths)
    rows, begins, numbers = (np.zeros(size, "int64") for _ in range(3))
    free, held = np.full(size + 1, length), np.zeros(size + 1, "int64")
    used = 0
    for i in np.argsort(-lengths, kind="stable"):
        if not lengths[i]:
            break
        row = int(np.argmax(free[: used + 1] >= lengths[i]))
        used = max(used, row + 1)
        held[row] += 1
        rows[i], begins[i], numbers[i] = row, length - free[row], held[row]
        free[row] -= lengths[i]
    if side == "left":
        begins += free[rows]
    return Filling(rows, begins, numbers, min(_rounded(max(used, 1)), max(size, 1)))


def _rounded(count: int) -> int:
    """The next of 1, 2, …, 8, 10, 12, 14, 16, 20, …: four from a power of two to the next."""
    step = max(1, 1 << (count.bit_length() - 3)) if count > 8 else 1
    return -(-count // step) * step
