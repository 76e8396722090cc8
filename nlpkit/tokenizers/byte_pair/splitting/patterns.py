"""Named patterns by which byte-level tokenizers split text into words."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tokenizers import Regex, pre_tokenizers

from nlpkit.tokenizers.base.native_engine import without_panics

_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_LETTERS = rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+"
_REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CASED, _PLAIN = (
    "|".join(
        rf"[^\r\n\p{{L}}\p{{N}}]?{word}{ending}"
        for word in (f"{_UPPER}*{_LOWER}+", f"{_UPPER}+{_LOWER}*")
    )
    for ending in (f"{_CONTRACTIONS}?", "")
)

SPLIT_PATTERNS: Mapping[str, str | None] = MappingProxyType(
    {
        "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        "llama3": rf"{_LETTERS}|\p{{N}}{{1,3}}|{_REST}",
        "qwen2": rf"{_LETTERS}|\p{{N}}|{_REST}",
        "cl100k": rf"{_LETTERS}|\p{{N}}{{1,3}}|{_REST}",
        "o200k": rf"{_CASED}|\p{{N}}{{1,3}}|{_REST.replace('n]*', 'n/]*')}",
        "tekken": rf"{_PLAIN}|\p{{N}}|{_REST.replace('n]*', 'n/]*')}",  # Mistral's
        "falcon": None,  # several steps, not one pattern
    }
)


def pattern_name(regex: str) -> str:
    """The name of a published pattern; any other pattern is returned unchanged."""
    named = (name for name, known in SPLIT_PATTERNS.items() if known == regex)
    return next(named, regex)


def is_chunked(split_pattern: str) -> bool:
    """Whether text can be cut before spaces and its chunks split separately.

    In the named patterns a word contains a space (U+0020) only at its start, and whether it ends
    before one never depends on the text after it, if the space is between two non-whitespace
    characters. For a custom pattern this is not known.
    """
    return split_pattern in SPLIT_PATTERNS


def build_pre_tokenizer(split_pattern: str, prefix: bool = False) -> Any:
    """Build the native splitter, which also converts words to the byte alphabet.

    Args:
        split_pattern: str. A name, or a regular expression as Oniguruma has them: its matches are
            words, and so is what lies between two of them.
        prefix: bool. Whether text that does not start with a space is given one; by "gpt2" alone.
            Default False.

    Raises:
        ValueError: `split_pattern` is neither.
    """
    if split_pattern == "gpt2":
        return _byte_level(use_regex=True, prefix=prefix)
    if split_pattern == "falcon":
        return pre_tokenizers.Sequence(_falcon())
    regex = SPLIT_PATTERNS.get(split_pattern) or _checked(split_pattern)
    return pre_tokenizers.Sequence([_split(regex), _byte_level(use_regex=False)])


def _falcon() -> list[Any]:
    return [
        pre_tokenizers.Punctuation("contiguous"),
        _byte_level(use_regex=True),
        # After the bytes: the characters that bytes such as 0xB2 ("²") are written with count.
        pre_tokenizers.Digits(individual_digits=False),
        _split("[0-9][0-9][0-9]"),
    ]


def _byte_level(use_regex: bool, prefix: bool = False) -> Any:
    return pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=use_regex)


def _split(regex: str) -> Any:
    return pre_tokenizers.Split(Regex(regex), "isolated")


def _checked(split_pattern: str) -> str:
    # A misspelled name would otherwise be a pattern that matches itself.
    if isinstance(split_pattern, str) and not re.fullmatch(r"[\w-]*", split_pattern):
        try:
            with without_panics():
                Regex(split_pattern)
            return split_pattern
        except Exception as error:
            reason = f" ({error})"
    else:
        reason = ""
    raise ValueError(
        f"split_pattern must be one of {list(SPLIT_PATTERNS)} or a regular expression; got "
        f"{split_pattern!r}{reason}."
    )
