"""Columns of data from any library, as lists and NumPy arrays."""

from collections.abc import Iterable, Mapping, Set
from typing import Any

import keras
import numpy as np

from nlpkit._compat import is_tensorflow_value

_PLAIN = (str, bytes, list, tuple, dict, np.ndarray, np.generic, int, float, bool, type(None))


def to_column(x: object) -> Any:
    """Convert a column, or a frame of columns, by the protocols that it supports, not by its type.

    Values are taken by position, never by the labels of an index.

    Args:
        x: an array or series (pandas, polars, pyarrow, JAX, PyTorch), any sequence (a column of
            `datasets`), or a frame of several.

    Returns:
        A list or a NumPy array; a dict of these for a frame or mapping. Lists, tuples, NumPy
        arrays, dicts, single values, TensorFlow's tensors and anything else are returned
        unchanged.

    Raises:
        ValueError: two columns of a frame have the same name.
    """
    if isinstance(x, np.ndarray) and x.dtype.names:
        return {name: x[name] for name in x.dtype.names}
    if isinstance(x, _PLAIN) or is_tensorflow_value(x) or isinstance(x, keras.KerasTensor):
        return x
    if keras.ops.is_tensor(x):
        return keras.ops.convert_to_numpy(x)
    if is_frame(x):
        return _frame(x)
    if isinstance(x, Mapping):
        return dict(x)
    return _values(x)


def is_frame(x: object) -> bool:
    """Whether `x` is a frame of named columns, of whatever library."""
    return _names(x) is not None and hasattr(x, "__len__") and hasattr(x, "__getitem__")


def _names(x: object) -> list[Any] | None:
    # A table of pyarrow has the columns themselves under `columns`.
    names = getattr(x, "column_names", None)
    if names is None:
        names = getattr(x, "columns", None)
    return None if names is None or callable(names) else list(names)


def _frame(x: Any) -> dict[str, Any]:
    names = _names(x) or []
    if len(set(names)) < len(names):
        raise ValueError(f"The columns of a frame must have different names; got {names}.")
    return {str(name): to_column(x[name]) for name in names}


def _values(x: Any) -> Any:
    if hasattr(x, "to_pylist"):  # pyarrow, whose arrays of strings NumPy can't share
        return x.to_pylist()
    if hasattr(x, "to_numpy"):
        return x.to_numpy()
    if hasattr(x, "__array__"):
        return np.asarray(x)
    is_sequence = hasattr(x, "__len__") and hasattr(x, "__getitem__") and not isinstance(x, Set)
    if not is_sequence:
        return x
    return list(x) if isinstance(x, Iterable) else [x[i] for i in range(len(x))]
