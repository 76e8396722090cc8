"""Parts of a Hugging Face `tokenizer.json`."""

from collections.abc import Mapping
from typing import Any

Part = Mapping[str, Any]


class InexpressibleError(ValueError):
    """A part that no argument of a tokenizer says; the native engine may yet run it."""


def in_sequence(part: Part | None, key: str) -> list[Part]:
    """The steps of a part of the file: those of a "Sequence", itself, or none.

    Args:
        part: dict or None.
        key: str. What a "Sequence" calls its steps.
    """
    if part is None:
        return []
    if part["type"] != "Sequence":
        return [part]
    return [step for inner in part[key] for step in in_sequence(inner, key)]


def require(what: str, value: Any, supported: tuple[Any, ...]) -> None:
    """Raise an error that names a part of the file whose value is not supported."""
    if value not in supported:
        raise InexpressibleError(
            f"tokenizer.json: {what} must be one of {supported}; got {value!r}."
        )


def vocabulary_of(content: Part) -> dict[str, int]:
    """The vocabulary of a file's model, without the added tokens."""
    vocabulary = content["model"].get("vocab")
    if not vocabulary:
        raise ValueError("tokenizer.json: model has no vocab.")
    if isinstance(vocabulary, Mapping):
        return dict(vocabulary)
    return {token: i for i, (token, _) in enumerate(vocabulary)}


def added_tokens(content: Part) -> list[dict[str, Any]]:
    """The added tokens of a file, each with all that may be said of one.

    Raises:
        ValueError: something else is said of one.
    """
    added = [_DEFAULTS | {"normalized": not t.get("special")} | t for t in _added(content)]
    for token in added:
        unknown = [key for key in token if key not in (*_DEFAULTS, "id", "content", "normalized")]
        if unknown:
            raise ValueError(
                f"tokenizer.json: added_tokens has the unknown {unknown} of {token['content']!r}."
            )
    return added


def is_plain(token: Part) -> bool:
    """Whether an added token is found wherever a text spells it, and takes no space around it."""
    return not any(token[flag] for flag in ("single_word", "lstrip", "rstrip"))


def _added(content: Part) -> list[dict[str, Any]]:
    return list(content.get("added_tokens") or [])


_DEFAULTS = {"single_word": False, "lstrip": False, "rstrip": False, "special": False}
