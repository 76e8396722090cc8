r"""Splitting text into words by the named patterns, with TensorFlow operations only.

RE2 has no look-ahead, its `\s` is ASCII, and its Unicode is of another year. So its classes are
read off the native engine, and text is split twice. But for the last two parts of a pattern,
`\s+(?!\S)|\s+`, where a word ends does not depend on what comes after it. They matter where
whitespace stands before a word: its last character is left to the word. A first split makes units
that begin with that character, and run on to where the next one does; within them no look-ahead is
needed.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from tokenizers import Regex, pre_tokenizers

from nlpkit._compat import require
from nlpkit._types import TensorFlowTensor
from nlpkit.tokenizers.byte_pair.byte_alphabet import BYTE_SYMBOLS
from nlpkit.tokenizers.byte_pair.splitting.patterns import SPLIT_PATTERNS
from nlpkit.tokenizers.tf_data.text_tensorflow import NUL, character_ranges, hide_nul

tf: Any = require("tensorflow", "pure_graph=True")
tf_text: Any = require("tensorflow_text", "pure_graph=True")

_KINDS = (*(rf"\p{{{kind}}}" for kind in ("Lu", "Lt", "Lm", "Lo", "Ll", "M", "N")), r"\s")
_LOOK_AHEAD = r"|\s+(?!\S)|\s+"
# In GPT-2's pattern any whitespace may be the character left; in the others no line break, since
# whitespace up to the last line break is one word.
_GPT2_UNITS = r"\s?[^\s]+"
_UNITS = r"[\h]?[^\s]+(?:\s*[\r\n][^\s]*)*"
_EVERYTHING = "(?s).*"

# Other planes hold private and unassigned characters, which are of no kind.
_CHARACTERS = [
    chr(i)
    for plane in (range(0xD800), range(0xE000, 0x40000), range(0xE0000, 0xE1000))
    for i in plane
]


def split_units(texts: TensorFlowTensor, split_pattern: str) -> Any:
    """Split texts `[n]` into units, ragged `[n, None]`, without splitting any word."""
    first, *_ = _steps(split_pattern)[0]
    return _split(_one_each(hide_nul(texts)), [first])


def split_words(units: TensorFlowTensor, split_pattern: str) -> Any:
    """Split units `[n]` into words, ragged `[n, None]`, in Latin-1, one character per byte."""
    (_, *steps), byte_steps = _steps(split_pattern)
    words = _split(_one_each(units), steps)
    latin_1 = tf.strings.unicode_transcode(words.flat_values, "ISO-8859-1", "UTF-8")
    words = _split(words.with_flat_values(latin_1), byte_steps)
    nul = NUL.decode("latin-1")
    return words.with_flat_values(tf.strings.regex_replace(words.flat_values, nul, "\0"))


def _one_each(texts: TensorFlowTensor) -> Any:
    return tf.RaggedTensor.from_row_splits(texts, tf.range(tf.size(texts, tf.int64) + 1))


def _split(words: TensorFlowTensor, steps: Iterable[str]) -> Any:
    for step in steps:
        parts = tf_text.regex_split(words.flat_values, step, _EVERYTHING)
        words = words.with_flat_values(parts).merge_dims(1, 2)
    return words


@lru_cache
def _steps(split_pattern: str) -> tuple[list[str], list[str]]:
    """The patterns that split texts in sequence, and those that split their bytes."""
    if split_pattern == "falcon":
        steps, _ = _steps("gpt2")
        return [f"{_punctuation()}+", *steps], [f"{_digits()}+", "[0-9][0-9][0-9]"]
    pattern = SPLIT_PATTERNS.get(split_pattern)
    if pattern is None:
        raise ValueError(
            f"pure_graph=True needs a split_pattern of {list(SPLIT_PATTERNS)}; got "
            f"{split_pattern!r}."
        )
    units = _GPT2_UNITS if split_pattern == "gpt2" else _UNITS
    return [_to_re2(units), _to_re2(pattern.removesuffix(_LOOK_AHEAD) + r"|\s+")], []


def _to_re2(pattern: str) -> str:
    """Replace the names of character classes in a pattern by their characters."""
    ranges = _ranges_by_kind()

    def name_to_ranges(match: re.Match[str]) -> str:
        inside, alone = match.groups()
        return f"[{ranges[alone]}]" if alone else re.sub(_NAME, lambda m: ranges[m[0]], inside)

    return re.sub(rf"(\[[^\]]*\])|({_NAME})", name_to_ranges, pattern)


_NAME = r"\\p\{\w+\}|\\[sh]"


@lru_cache
def _ranges_by_kind() -> dict[str, str]:
    """The characters of each class, as RE2 ranges."""
    of_kind: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    tests = {kind: pre_tokenizers.Split(Regex(kind), "removed") for kind in _KINDS}
    runs = pre_tokenizers.Split(Regex("|".join(f"{kind}+" for kind in _KINDS)), "isolated")
    for run, _ in runs.pre_tokenize_str("".join(_CHARACTERS)):
        for kind, test in tests.items():
            if not test.pre_tokenize_str(run[0]):
                of_kind[kind] += run
    of_kind[r"\p{L}"] = [c for kind in _KINDS if kind.startswith(r"\p{L") for c in of_kind[kind]]
    of_kind[r"\h"] = [c for c in of_kind[r"\s"] if c not in "\r\n"]
    return {kind: character_ranges(characters) for kind, characters in of_kind.items()}


@lru_cache
def _punctuation() -> str:
    runs = pre_tokenizers.Punctuation("contiguous").pre_tokenize_str("".join(_CHARACTERS))
    test = pre_tokenizers.Punctuation("removed")
    found = [c for run, _ in runs if not test.pre_tokenize_str(run[0]) for c in run]
    return f"[{character_ranges(found)}]"


def _digits() -> str:
    """The bytes whose symbols the native splitter treats as digits."""
    split = pre_tokenizers.Digits(individual_digits=False).pre_tokenize_str
    found = [chr(byte) for byte, c in enumerate(BYTE_SYMBOLS) if len(split(f"a{c}a")) == 3]
    return f"[{character_ranges(found)}]"
