"""Reading strings in every form that tokenizers take outside TensorFlow."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from nlpkit._types import Data
from nlpkit.ops.data.columns import to_column

ERRORS = ("strict", "replace", "ignore")
_CHUNK = 4096  # Texts are checked in parts, so that a large column is not joined as a whole.


def map_strings(
    function: Callable[[list[Any]], Any], inputs: Data, words: bool = False, errors: str = "strict"
) -> Any:
    """Apply a function of a batch to strings in columns of any kind, nested to any depth.

    Args:
        function: takes a list of examples, returns one result per example.
        inputs: str, bytes (UTF-8), a column of them as `to_column` reads it, or lists of such.
        words: bool. False: an example is a string. True: an example is a list of strings, and a
            single string is an example of one word. Default False.
        errors: "strict", "replace" or "ignore". What to do with bytes that are not UTF-8. Default
            "strict".

    Returns:
        The results, nested as `inputs`.

    Raises:
        TypeError: `inputs` is of another type.
        ValueError: bytes that are not UTF-8, with `errors="strict"`.
    """
    return _StringReader(function, words, errors).map(inputs, ())


class _StringReader:
    def __init__(self, function: Callable[[list[Any]], Any], words: bool, errors: str) -> None:
        self._function = function
        self._words = words
        self._errors = errors

    def map(self, inputs: Data, place: tuple[int, ...]) -> Any:
        """The results for what stands at a place, the row first, of the whole input."""
        if not isinstance(inputs, str | list):
            inputs = to_column(inputs)
        if _is_string(inputs) or (isinstance(inputs, np.ndarray) and inputs.ndim == 0):
            value = inputs.item() if isinstance(inputs, np.ndarray) else inputs
            text = self._text(value, place)
            return self._function([[text] if self._words else text])[0]
        if isinstance(inputs, np.ndarray):
            return self._map_array(inputs, place)
        if not isinstance(inputs, list | tuple):
            raise TypeError(_wrong_type(inputs, place))
        return self._map_list(inputs, place)

    def _map_list(self, inputs: Sequence[Any], place: tuple[int, ...]) -> Any:
        if all(isinstance(item, str) for item in inputs):
            return self._function([inputs])[0] if self._words else self._function(list(inputs))
        if any(_is_string(item) for item in inputs):
            return self._map_list(self._all_texts(inputs, place), place)
        if self._words and all(_is_word_list(item) for item in inputs):
            return self._function(
                [self._all_texts(item, (*place, i)) for i, item in enumerate(inputs)]
            )
        return [self.map(item, (*place, i)) for i, item in enumerate(inputs)]

    def _map_array(self, inputs: np.ndarray, place: tuple[int, ...]) -> Any:
        if inputs.dtype.kind not in "USOT":
            raise TypeError(_wrong_type(inputs, place))
        results = self._map_list(inputs.tolist(), place)
        # An array has no ragged axes, so neither has a nest of dense results.
        dense = isinstance(results, list) and results and isinstance(results[0], np.ndarray)
        return np.stack(results) if dense else results

    def _all_texts(self, values: Iterable[Any], place: tuple[int, ...]) -> list[str]:
        return [self._text(value, (*place, i)) for i, value in enumerate(values)]

    def _text(self, value: object, place: tuple[int, ...]) -> str:
        if isinstance(value, bytes):
            return decode_utf8(value, self._errors)
        if not isinstance(value, str):
            raise TypeError(_wrong_type(value, place))
        return value


def check_texts(texts: Data, name: str, errors: str = "strict") -> None:
    """Raise the error that tokenizing a column would, apart from lengths, and name the row.

    Args:
        texts: list or NumPy array, expected to contain str or bytes.
        name: str. The name of the column in messages.
        errors: "strict", "replace" or "ignore", as for the tokenizer.

    Raises:
        TypeError: a row is not a string, such as the None or NaN of a missing value.
        ValueError: a row has lone surrogates or bytes that are not UTF-8, with `errors="strict"`.
    """
    if isinstance(texts, str | bytes):
        return
    if not isinstance(texts, list | np.ndarray) or np.ndim(texts[:0]) != 1:
        raise TypeError(
            f"{name} must be strings in a list, array or column; got {texts!r:.80} "
            f"({type(texts).__name__})."
        )
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        chunk = chunk.tolist() if isinstance(chunk, np.ndarray) else chunk
        if not all(isinstance(text, str) for text in chunk):
            for i, text in enumerate(chunk, start):
                if not _is_string(text):
                    raise TypeError(
                        f"{name} must contain strings; got {text!r:.80} ({type(text).__name__}) in "
                        f"row {i}. Drop such rows, or use an empty string."
                    )
            chunk = [decode_utf8(t, errors) if isinstance(t, bytes) else t for t in chunk]
        valid_texts(chunk, errors, start)


def decode_utf8(value: bytes, errors: str = "strict") -> str:
    """Decode UTF-8 bytes.

    Raises:
        ValueError: they are not UTF-8, and `errors` is "strict".
    """
    try:
        return value.decode("utf-8", errors)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"Bytes of text must be UTF-8; got {value[:40]!r}, invalid at byte {error.start}. "
            'Pass errors="replace" or errors="ignore" to the tokenizer to accept such bytes.'
        ) from None


def valid_texts(texts: Sequence[str], errors: str = "strict", first_row: int = 0) -> Sequence[str]:
    """Apply `without_surrogates` to texts."""
    try:
        "".join(texts).encode("utf-8")  # Much faster than one by one.
        return texts
    except UnicodeEncodeError:
        return [without_surrogates(text, errors, i) for i, text in enumerate(texts, first_row)]


def without_surrogates(text: str, errors: str = "strict", row: int | None = None) -> str:
    """Handle lone surrogates, which are not characters and cannot be encoded in UTF-8.

    Raises:
        ValueError: there are some, and `errors` is "strict"; the message names the `row`.
    """
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError as error:
        if errors == "strict":
            place = f"character {error.start}{'' if row is None else f' of row {row}'}"
            raise ValueError(
                f"Text must not contain lone surrogates; got {text[error.start]!a} at {place}. "
                'Pass errors="replace" or errors="ignore" to the tokenizer to accept such text.'
            ) from None
    replacement = "\ufffd" if errors == "replace" else ""
    return "".join(replacement if "\ud800" <= c <= "\udfff" else c for c in text)


def _is_string(value: object) -> bool:
    return isinstance(value, str | bytes)


def _is_word_list(value: Any) -> bool:
    is_list = isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim == 1)
    return is_list and all(_is_string(word) for word in value)


def _wrong_type(value: object, place: tuple[int, ...]) -> str:
    kind = type(value).__name__
    if isinstance(value, np.ndarray):
        kind = f"array of {value.dtype}"
    row = f" in row {', '.join(map(str, place))}" if place else ""
    return (
        "A tokenizer takes a string, or a list, array or column of strings (or of UTF-8 bytes); "
        f"got {value!r:.80} ({kind}){row}."
    )
