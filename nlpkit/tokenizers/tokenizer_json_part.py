"""Parts of a Hugging Face `tokenizer.json`."""

from collections.abc import Mapping
from typing import Any

Part = Mapping[str, Any]


def in_sequence(part: Part | None, key: str) -> list[Part]:
    """The steps of a part of the file: those of a "Sequence", itself, or none.

    Args:
        part: dict or None.
        key: str. What a "Sequence" calls its steps.
    """
    if part is None:
        return []
    return list(part[key]) if part["type"] == "Sequence" else [part]


def require(what: str, value: Any, supported: tuple[Any, ...]) -> None:
    """Raise an error that names a part of the file whose value is not supported."""
    if value not in supported:
        raise ValueError(f"tokenizer.json: {what} must be one of {supported}; got {value!r}.")
