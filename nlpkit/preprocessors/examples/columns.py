"""Conversion of examples in any form to columns: a tuple is columns, a list is rows."""

from typing import Any

import numpy as np

from nlpkit._compat import is_tensorflow_value
from nlpkit._types import Data
from nlpkit.ops.data.columns import to_column

LABELS = ("label", "labels")
WEIGHTS = "sample_weight"


def read_columns(x: Data) -> Any:
    """Convert texts, or rows or columns of segments, to columns.

    The meaning of a value depends on its type, never on its length: a tuple holds columns, one for
    each segment, and so does a table or dict, by name; a list, series or array holds rows. A row is
    a string, a list or tuple of segments (a pair), or a dict. An array `[n, k]` has `k` segments.

    Args:
        x: any of these, in any form that `to_column` reads; strings in place of columns are a
            single example.

    Returns:
        A column, a tuple of columns, or a dict of columns: each a list, an array, a TensorFlow
        tensor, or a str. Columns that were read already are returned unchanged, and so are those of
        a dict, which may be labels.

    Raises:
        ValueError: rows do not have the same segments or keys; columns are in a list; a column of a
            tuple has several segments itself.
    """
    x = to_column(x)
    if isinstance(x, dict):
        return {str(name): to_column(part) for name, part in x.items()}
    if isinstance(x, tuple):
        if not x:
            raise ValueError("x must contain at least one segment; got an empty tuple.")
        return tuple(read_column(part, f"x[{i}]") for i, part in enumerate(x))
    return _columns_of_rows(x)


def read_array(values: Data, name: str) -> Any:
    """Convert labels or weights, in a column or a structure of columns, to arrays.

    Single values and TensorFlow's tensors are returned unchanged.

    Args:
        values: a column or rows of numbers, or a dict or tuple of these.
        name: str. Their name in messages.

    Raises:
        ValueError: the rows differ in length.
    """
    values = to_column(values)
    if isinstance(values, dict):
        read = {key: read_array(part, name) for key, part in values.items()}
        return values if all(read[key] is values[key] for key in read) else read
    if isinstance(values, tuple) and not all(map(np.isscalar, values)):
        return tuple(read_array(part, name) for part in values)
    if isinstance(values, np.ndarray) and values.dtype == object and any(map(_is_row, values)):
        values = values.tolist()
    if not isinstance(values, list | tuple) or any(map(is_tensorflow_value, values)):
        return values
    try:
        return np.asarray(values)
    except ValueError as error:
        if all(isinstance(row, list | tuple) and all(map(_is_name, row)) for row in values):
            return np.fromiter(values, object, len(values))  # The names of several classes a row.
        raise ValueError(f"{name} must have rows of one length: {error}") from None


def _is_name(label: object) -> bool:
    return isinstance(label, str | bytes)


def read_column(part: Data, name: str) -> Any:
    """Convert a column of texts, called `name` in messages, to a list, an array or a tensor.

    Raises:
        ValueError: its rows have several segments.
    """
    column = _columns_of_rows(to_column(part))
    if isinstance(column, tuple | dict):
        raise ValueError(
            f"{name} must be one column of strings; it has {len(column)} columns itself. "
            "A tuple holds columns; a batch of pairs is a list of them."
        )
    return column


def take_labels(columns: dict[str, Any], y: Data, sample_weight: Data) -> tuple[Any, Any, Any]:
    """Separate labels and weights from named columns.

    Returns:
        The other columns, the labels and the weights.

    Raises:
        ValueError: labels or weights are given twice, or there is no other column.
    """
    others = dict(columns)
    for name in LABELS:
        y = _taken(others, name, y, "y")
    sample_weight = _taken(others, WEIGHTS, sample_weight, "sample_weight")
    if not others:
        raise ValueError(f"x must have a column of texts; got the columns {list(columns)}.")
    return others, y, sample_weight


def _taken(columns: dict[str, Any], name: str, given: object, argument: str) -> Any:
    if name not in columns:
        return given
    if given is not None:
        raise ValueError(
            f"{argument} must be given once; got it and the column {name!r} of x. Omit one."
        )
    return columns.pop(name)


def holds_strings(column: Data) -> bool:
    """Whether a column contains strings, by its dtype or, with missing values, by its rows."""
    if is_tensorflow_value(column):
        return bool(column.dtype == "string")
    if isinstance(column, np.ndarray) and column.dtype.kind != "O":
        return column.dtype.kind in "UST"
    if isinstance(column, list | np.ndarray):
        return not len(column) or any(isinstance(value, str | bytes) for value in column)
    return isinstance(column, str | bytes)


def _columns_of_rows(x: Data) -> Any:
    if isinstance(x, np.ndarray) or is_tensorflow_value(x):
        return _columns_of_array(x)
    if not isinstance(x, list) or all(isinstance(row, str | bytes) for row in x):
        return x
    _refuse_list_of_columns(x)
    if all(isinstance(row, dict) for row in x):
        _same([sorted(map(str, row)) for row in x], "keys")
        return {str(name): [row[name] for row in x] for name in x[0]}
    if not any(map(_is_row, x)):
        return x
    for i, row in enumerate(x):
        if not _is_row(row):
            raise ValueError(
                f"The rows of x must be all strings or all lists of segments; got {row!r:.80} "
                f"in row {i}."
            )
    _same([len(row) for row in x], "number of segments")
    segments = tuple(map(list, zip(*x, strict=True)))
    return segments[0] if len(segments) == 1 else segments


def _columns_of_array(x: Data) -> Any:
    rank = len(x.shape)
    if isinstance(x, np.ndarray) and x.dtype == object and rank == 1:
        return _columns_of_rows(x.tolist()) if any(map(_is_row, x)) else x
    if rank != 2 or x.shape[1] is None:
        return x
    segments = tuple(x[:, i] for i in range(x.shape[1]))
    return segments[0] if len(segments) == 1 else segments


def _is_row(value: object) -> bool:
    """Whether a row of a batch has several segments."""
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim == 1)


def _same(values: list[Any], what: str) -> Any:
    for i, value in enumerate(values):
        if value != values[0]:
            raise ValueError(
                f"The rows of x must have the same {what}; got {values[0]} in row 0 and {value} "
                f"in row {i}. A tuple holds columns, a list rows."
            )
    return values[0]


def _refuse_list_of_columns(x: list[Any]) -> None:
    for part in x:
        is_tensor = is_tensorflow_value(part) and len(part.shape) > 0
        read = part if is_tensor else to_column(part)
        if is_tensor or (read is not part and np.ndim(read) > 0):
            raise ValueError(
                f"x must not be a list of columns; got a list of {type(part).__name__}. "
                "A tuple holds columns, a list rows: pass tuple(x)."
            )
