"""Regular expressions that are allowed in presets.

The native engine backtracks: a short pattern can take hours on a line of text, or end in a panic.
A preset may have the patterns of published models and patterns that obviously never backtrack;
others only if the caller allows them.
"""

import re
from collections.abc import Mapping

from nlpkit._types import Data
from nlpkit.presets.loading.pattern_permission import are_patterns_allowed
from nlpkit.tokenizers.byte_pair.splitting.patterns import SPLIT_PATTERNS

_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_PUNCTUATION = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]"""
# Those of whole words are in SPLIT_PATTERNS.
_PUBLISHED = frozenset(
    {
        # Qwen 3.5
        rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}"
        rf"| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{_SPACES}",
        # DeepSeek 3; and its first, which has \s+$ among its steps
        rf"{_PUNCTUATION}[A-Za-z]+|[^\r\n\p{{L}}\p{{P}}\p{{S}}]?[\p{{L}}\p{{M}}]+"
        rf"| ?[\p{{P}}\p{{S}}]+[\r\n]*|{_SPACES}",
        r"\s+$",
        # tiktoken's cl100k, as it is written since 2024
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
        r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
        # Bloom
        " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+",
        r" ?[^(\s|[.,!?\u2026\u3002\uff0c])]+",
        # SentencePiece models that are written out, Cohere's digits
        "^▁+$",
        r"\d{1,3}(?=(?:\d{3})*\b)",
    }
)
_LONGEST = 10_000
_CLASS = r"\[\^?(?:\\p\{\^?\w+\}|\\.|[^\[\]\\&])+\]"
_ATOM = rf"(?:\\[pP]\{{\^?\w+\}}|\\[sSwWdDrnt]|\\[^\w\s]|{_CLASS}|[^\\^$*+?()\[\]{{}}|])"
_STEP = re.compile(rf"{_ATOM}(\?|[+*]|\{{\d{{1,2}}(?:,\d{{0,2}})?\}})?", re.DOTALL)
_MOST_OPTIONS, _MOST_STEPS = 3, 64


def check_pattern(regex: object) -> None:
    """Check that a regular expression of a preset never takes long.

    Raises:
        ValueError: it is neither published nor free of backtracking, and the preset's patterns were
            not allowed.
    """
    if are_patterns_allowed() or not isinstance(regex, str):
        return
    if regex not in _PUBLISHED and regex not in SPLIT_PATTERNS.values() and not is_plain(regex):
        raise ValueError(
            f"The tokenizer splits or replaces text by the regular expression {regex!r:.200}, "
            "which no known model has and which may take very long on some texts. If you trust the "
            "preset, pass allow_patterns=True."
        )


def check_patterns(part: Data) -> None:
    """Check all regular expressions in a part of a tokenizer.json."""
    if isinstance(part, Mapping):
        if "Regex" in part:
            check_pattern(part["Regex"])
        for inner in part.values():
            check_patterns(inner)
    elif isinstance(part, list):
        for inner in part:
            check_patterns(inner)


def is_plain(regex: str) -> bool:
    """Whether a pattern matches in one pass, whatever the text.

    It consists of alternatives of characters and classes, of which only the last may repeat
    without limit: a match that gets there has succeeded, and before it only a few optional
    characters can be retried.
    """
    if len(regex) > _LONGEST:
        return False
    at, repeats, options, steps = 0, False, 0, 0
    while at < len(regex):
        if regex[at] == "|":
            at, repeats, options = at + 1, False, 0
            continue
        step = _STEP.match(regex, at)
        if step is None or repeats:
            return False
        options += step[1] == "?"
        repeats = step[1] not in (None, "?")
        at, steps = step.end(), steps + 1
        if options > _MOST_OPTIONS or steps > _MOST_STEPS:
            return False
    return regex != ""
