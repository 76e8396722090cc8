"""Reading the ids that `detokenize` takes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nlpkit._compat import is_tensorflow_value
from nlpkit._types import Data
from nlpkit.ops.data.columns import to_column
from nlpkit.ops.data.ragged import Row


def without_tensors(inputs: Data) -> Any:
    """Convert ids in any column or tensor to lists or NumPy arrays."""
    ids = to_column(inputs)
    if is_tensorflow_value(ids) and hasattr(ids, "numpy"):
        ids = ids.numpy()
    # A column of lists of ids.
    return ids.tolist() if isinstance(ids, np.ndarray) and ids.dtype == object else ids


def integer_ids(row: Row) -> np.ndarray:
    """Convert the ids of one text to an array; raise a TypeError if they are not integers."""
    ids = np.asarray(row)
    if ids.size and (ids.dtype.kind not in "iu" or ids.ndim != 1):
        raise TypeError(f"detokenize takes integer ids; got {row!r:.80}.")
    return ids


def checked_ids(row: Row, tokens: Sequence[str | None]) -> list[int]:
    """Convert the ids of one text to a list, and check them.

    Args:
        row: ids.
        tokens: of the vocabulary, None where an id has none.

    Raises:
        TypeError: they are not integers.
        ValueError: an id is not in the vocabulary.
    """
    ids = integer_ids(row)
    wrong = ids[(ids < 0) | (ids >= len(tokens))] if ids.size else ids
    if wrong.size:
        raise ValueError(f"ids must be from 0 to {len(tokens) - 1}; got {wrong[:10].tolist()}.")
    listed: list[int] = ids.tolist()
    nameless = [i for i in listed if tokens[i] is None]
    if nameless:
        raise ValueError(f"ids must be in the vocabulary; it has no token for {nameless[:10]}.")
    return listed
