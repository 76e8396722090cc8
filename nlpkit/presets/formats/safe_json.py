"""Strict reading of untrusted JSON, with limits on size, depth and number of values."""

import json
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nlpkit.presets.formats.bounded_file import MEBIBYTE, read_bounded

# Configurations are a few kilobytes; tokenizer.json and vocab.json hold whole vocabularies.
SMALL = 4 * MEBIBYTE
LARGE = 64 * MEBIBYTE
_DEPTH = 64
_VALUES = 4_000_000
_CONTAINERS = 1_000_000
# Hugging Face writes 10**30 for "no limit".
_DIGITS = 32


def read_json(path: Path, limit: int = SMALL) -> Any:
    """Read a JSON file.

    Args:
        path: the file.
        limit: int. The maximum size in bytes.

    Raises:
        ValueError: it is missing, too large, or rejected by `parse_json`; the message names the
            file.
    """
    try:
        content = read_bounded(path, limit)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is not a readable JSON file: {error}.") from error
    return parse_json(content, str(path))


def read_object(path: Path, limit: int = SMALL) -> dict[str, Any]:
    """Read a JSON file that holds an object; see `read_json`."""
    return _object(read_json(path, limit), str(path))


def parse_object(content: bytes, source: str) -> dict[str, Any]:
    """Parse JSON that holds an object; see `parse_json`."""
    return _object(parse_json(content, source), source)


def _object(content: object, source: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ValueError(f"{source} must contain a JSON object; got {type(content).__name__}.")
    return content


def parse_json(content: bytes, source: str) -> Any:
    """Parse JSON.

    Args:
        content: bytes. UTF-8.
        source: str. Its name, for error messages.

    Raises:
        ValueError: it is not JSON, a key occurs twice in an object, a number is NaN, infinite or
            of more than 32 digits, or there are too many values or too deep a nesting.
    """
    # Counted before anything is built: a value takes up to 64 bytes of memory for 3 of the file.
    if content.count(b",") > _VALUES or content.count(b"[") + content.count(b"{") > _CONTAINERS:
        raise ValueError(f"{source} is not a readable JSON file: it has too many values.")
    try:
        parsed = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{source} is not a readable JSON file: {error}.") from error
    _check_depth(parsed, source)
    return parsed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice!r:.100} occurs twice in an object")
    return content


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text:.50} is too large")
    return number


def _bounded(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"the number {text:.50} is too large")
    return int(text)


def _check_depth(content: object, source: str) -> None:
    level = [content]
    for _ in range(_DEPTH):
        level = [inner for outer in level for inner in _items(outer)]
        if not level:
            return
    raise ValueError(f"{source} is not a readable JSON file: it is nested more than {_DEPTH} deep.")


def _items(content: object) -> Iterable[Any]:
    if isinstance(content, dict):
        return content.values()
    return content if isinstance(content, list) else ()
