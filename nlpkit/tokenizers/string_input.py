"""Reading strings in every form a tokenizer takes outside TensorFlow."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def map_strings(function: Callable[[list[Any]], Any], inputs: Any, words: bool = False) -> Any:
    """Apply a function of a batch to strings, lists or arrays of strings, nested as deep as may be.

    Args:
        function: takes a list of examples, returns one result per example.
        inputs: str, bytes (UTF-8), list, tuple or NumPy array of them, or lists of such.
        words: bool. False: an example is a string. True: an example is a list of strings, and a
            string by itself is an example of one word. Default False.

    Returns:
        The results, nested as `inputs`.

    Raises:
        TypeError: something else came.
        ValueError: bytes that are not UTF-8.
    """
    if _is_string(inputs) or (isinstance(inputs, np.ndarray) and inputs.ndim == 0):
        text = _to_text(inputs.item() if isinstance(inputs, np.ndarray) else inputs)
        return function([[text] if words else text])[0]
    if isinstance(inputs, np.ndarray):
        return _map_array(function, inputs, words)
    if not isinstance(inputs, list | tuple):
        raise TypeError(_wrong_type(inputs))
    return _map_list(function, inputs, words)


def _map_list(function: Callable[[list[Any]], Any], inputs: Sequence[Any], words: bool) -> Any:
    if all(isinstance(item, str) for item in inputs):
        return function([inputs])[0] if words else function(list(inputs))
    if any(_is_string(item) for item in inputs):
        return _map_list(function, [_to_text(item) for item in inputs], words)
    if words and all(_is_word_list(item) for item in inputs):
        return function([[_to_text(word) for word in item] for item in inputs])
    return [map_strings(function, item, words) for item in inputs]


def _map_array(function: Callable[[list[Any]], Any], inputs: np.ndarray, words: bool) -> Any:
    if inputs.dtype.kind not in "USO":
        raise TypeError(_wrong_type(inputs))
    results = _map_list(function, inputs.tolist(), words)
    # An array has no ragged axes, so neither has a nest of dense results.
    dense = isinstance(results, list) and results and isinstance(results[0], np.ndarray)
    return np.stack(results) if dense else results


def _is_string(value: Any) -> bool:
    return isinstance(value, str | bytes)


def _is_word_list(value: Any) -> bool:
    is_list = isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim == 1)
    return is_list and all(_is_string(word) for word in value)


def _to_text(value: Any) -> str:
    if isinstance(value, bytes):
        return decode_utf8(value)
    if not isinstance(value, str):
        raise TypeError(_wrong_type(value))
    return value


def decode_utf8(value: bytes) -> str:
    """The text of UTF-8 bytes.

    Raises:
        ValueError: they are not UTF-8.
    """
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"Text given as bytes must be UTF-8; got {value[:40]!r}, wrong at byte {error.start}."
        ) from None


def _wrong_type(value: Any) -> str:
    kind = type(value).__name__
    if isinstance(value, np.ndarray):
        kind = f"array of {value.dtype}"
    return (
        "A tokenizer takes a string, or a list or NumPy array of strings (or of UTF-8 bytes); "
        f"got {value!r:.80} ({kind})."
    )
