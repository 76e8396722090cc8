"""Parts of a Hugging Face `tokenizer.json`."""

from collections.abc import Mapping
from typing import Any

from nlpkit.tokenizers.base.vocabulary import check_ids

Part = Mapping[str, Any]


class InexpressibleError(ValueError):
    """A part that a tokenizer's arguments cannot express, though the native engine may run it."""


def in_sequence(part: Part | None, key: str) -> list[Part]:
    """The steps of a part: those of a "Sequence", the part itself, or none.

    Args:
        part: dict or None.
        key: str. The key of the steps in a "Sequence".
    """
    if part is None:
        return []
    if part["type"] != "Sequence":
        return [part]
    return [step for inner in part[key] for step in in_sequence(inner, key)]


def require(what: str, value: object, supported: tuple[Any, ...]) -> None:
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
        check_ids(vocabulary)
        return dict(vocabulary)
    return {token: i for i, (token, _) in enumerate(vocabulary)}


def added_tokens(content: Part) -> list[dict[str, Any]]:
    """The added tokens of a file, each with all its options.

    Raises:
        ValueError: a token has an unknown option, or one of the wrong type.
    """
    for token in _added(content):
        _check_types(token)
    added = [_DEFAULTS | {"normalized": not t.get("special")} | t for t in _added(content)]
    for token in added:
        unknown = [key for key in token if key not in (*_DEFAULTS, "id", "content", "normalized")]
        if unknown:
            raise ValueError(
                f"tokenizer.json: added_tokens has the unknown {unknown} of {token['content']!r}."
            )
    return added


def added_ids(content: Part) -> dict[str, int]:
    """The added tokens of a file with their ids."""
    return {token["content"]: token["id"] for token in added_tokens(content)}


def _check_types(token: Any) -> None:
    of_types = isinstance(token, Mapping) and isinstance(token.get("content"), str)
    if not of_types or not all(isinstance(token.get(flag, False), bool) for flag in _FLAGS):
        raise ValueError(
            "tokenizer.json: added_tokens must contain objects, each with content, a string, and "
            f"flags that are true or false; got {token!r:.100}."
        )
    check_ids({token["content"]: token.get("id")})


def is_plain(token: Part) -> bool:
    """Whether an added token is found anywhere in a text, without the spaces around it."""
    return not any(token[flag] for flag in ("single_word", "lstrip", "rstrip"))


def _added(content: Part) -> list[dict[str, Any]]:
    added = content.get("added_tokens") or []
    if not isinstance(added, list | tuple):
        raise ValueError(f"tokenizer.json: added_tokens must be a list; got {added!r:.100}.")
    return list(added)


_FLAGS = ("single_word", "lstrip", "rstrip", "special", "normalized")
_DEFAULTS = {"single_word": False, "lstrip": False, "rstrip": False, "special": False}
