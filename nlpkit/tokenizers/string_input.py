"""Reading strings in every form a tokenizer takes outside TensorFlow."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

ERRORS = ("strict", "replace", "ignore")


def map_strings(
    function: Callable[[list[Any]], Any], inputs: Any, words: bool = False, errors: str = "strict"
) -> Any:
    """Apply a function of a batch to strings, lists or arrays of strings, nested as deep as may be.

    Args:
        function: takes a list of examples, returns one result per example.
        inputs: str, bytes (UTF-8), list, tuple or NumPy array of them, or lists of such.
        words: bool. False: an example is a string. True: an example is a list of strings, and a
            string by itself is an example of one word. Default False.
        errors: "strict", "replace" or "ignore". What to do with bytes that are not UTF-8. Default
            "strict".

    Returns:
        The results, nested as `inputs`.

    Raises:
        TypeError: something else came.
        ValueError: bytes that are not UTF-8, with `errors="strict"`.
    """
    return _StringReader(function, words, errors).map(inputs)


class _StringReader:
    def __init__(self, function: Callable[[list[Any]], Any], words: bool, errors: str) -> None:
        self._function = function
        self._words = words
        self._errors = errors

    def map(self, inputs: Any) -> Any:
        if _is_string(inputs) or (isinstance(inputs, np.ndarray) and inputs.ndim == 0):
            text = self._text(inputs.item() if isinstance(inputs, np.ndarray) else inputs)
            return self._function([[text] if self._words else text])[0]
        if isinstance(inputs, np.ndarray):
            return self._map_array(inputs)
        if not isinstance(inputs, list | tuple):
            raise TypeError(_wrong_type(inputs))
        return self._map_list(inputs)

    def _map_list(self, inputs: Sequence[Any]) -> Any:
        if all(isinstance(item, str) for item in inputs):
            return self._function([inputs])[0] if self._words else self._function(list(inputs))
        if any(_is_string(item) for item in inputs):
            return self._map_list([self._text(item) for item in inputs])
        if self._words and all(_is_word_list(item) for item in inputs):
            return self._function([[self._text(word) for word in item] for item in inputs])
        return [self.map(item) for item in inputs]

    def _map_array(self, inputs: np.ndarray) -> Any:
        if inputs.dtype.kind not in "USO":
            raise TypeError(_wrong_type(inputs))
        results = self._map_list(inputs.tolist())
        # An array has no ragged axes, so neither has a nest of dense results.
        dense = isinstance(results, list) and results and isinstance(results[0], np.ndarray)
        return np.stack(results) if dense else results

    def _text(self, value: Any) -> str:
        if isinstance(value, bytes):
            return decode_utf8(value, self._errors)
        if not isinstance(value, str):
            raise TypeError(_wrong_type(value))
        return value


def decode_utf8(value: bytes, errors: str = "strict") -> str:
    """The text of UTF-8 bytes.

    Raises:
        ValueError: they are not UTF-8, and `errors` is "strict".
    """
    try:
        return value.decode("utf-8", errors)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"Text given as bytes must be UTF-8; got {value[:40]!r}, wrong at byte {error.start}. "
            'Pass errors="replace" or errors="ignore" to the tokenizer to accept such bytes.'
        ) from None


def valid_texts(texts: Sequence[str], errors: str = "strict") -> Sequence[str]:
    """The texts, without lone surrogates; as `without_surrogates`."""
    try:
        "".join(texts).encode("utf-8")  # Much quicker than one by one.
        return texts
    except UnicodeEncodeError:
        return [without_surrogates(text, errors) for text in texts]


def without_surrogates(text: str, errors: str = "strict") -> str:
    """The text, without lone surrogates: they are no characters, and UTF-8 cannot write them.

    Raises:
        ValueError: there are some, and `errors` is "strict".
    """
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError as error:
        if errors == "strict":
            raise ValueError(
                f"Text must not hold lone surrogates; got {text[error.start]!a} at character "
                f'{error.start}. Pass errors="replace" or errors="ignore" to the tokenizer to '
                "accept such text."
            ) from None
    replacement = "\ufffd" if errors == "replace" else ""
    return "".join(replacement if "\ud800" <= c <= "\udfff" else c for c in text)


def _is_string(value: Any) -> bool:
    return isinstance(value, str | bytes)


def _is_word_list(value: Any) -> bool:
    is_list = isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim == 1)
    return is_list and all(_is_string(word) for word in value)


def _wrong_type(value: Any) -> str:
    kind = type(value).__name__
    if isinstance(value, np.ndarray):
        kind = f"array of {value.dtype}"
    return (
        "A tokenizer takes a string, or a list or NumPy array of strings (or of UTF-8 bytes); "
        f"got {value!r:.80} ({kind})."
    )
