"""BERT's basic tokenizer: clean text, normalise it, split it into words."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

# The blocks the original implementation calls CJK characters: neither kana nor hangul.
_CJK_BLOCKS = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


class _CharacterMap(dict[int, str]):
    """A table for `str.translate`, filled in as characters are met."""

    def __init__(self, replacement: Callable[[str], str]) -> None:
        super().__init__()
        self._replacement = replacement

    def __missing__(self, code_point: int) -> str:
        self[code_point] = replacement = self._replacement(chr(code_point))
        return replacement


@dataclass(frozen=True)
class BasicSplitter:
    """Splits text into words as BERT's original `BasicTokenizer` does.

    In this order: control characters (Unicode Cc and Cf) and U+FFFD are removed, and, where Hugging
    Face departs from the original, characters of private use (Co) too; every kind of space
    separates words; a CJK character is a word; letters are lower-cased; accents are stripped (NFD
    without the category Mn); a punctuation character (Unicode P, and every ASCII symbol) is a word.

    A space (U+0020) always separates, and nothing on one side of it bears on the other: the words
    of a text are those of its chunks between spaces.

    Attributes:
        lowercase: bool. Whether to lower-case.
        strip_accents: bool. Whether to strip accents.
        split: bool. False neither cleans nor splits: the text is one word.
        split_on_cjk: bool. Whether a CJK character is a word of its own.
    """

    lowercase: bool
    strip_accents: bool
    split: bool
    split_on_cjk: bool
    _cleaned: _CharacterMap = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cleaned", _CharacterMap(self._clean))

    def __call__(self, text: str) -> list[str]:
        """The words of `text`."""
        if not self.split:
            word = self._normalize(text)
            return [word] if word else []
        return (
            self._normalize(text.translate(self._cleaned))
            .translate(_WITH_PUNCTUATION_APART)
            .split()
        )

    def _normalize(self, text: str) -> str:
        if self.lowercase:
            text = text.lower()
        if self.strip_accents and not text.isascii():
            text = unicodedata.normalize("NFD", text).translate(_WITHOUT_ACCENTS)
        return text

    def _clean(self, character: str) -> str:
        if character.isspace() and character not in _CONTROL_SPACES:
            return " "
        if character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cf", "Co"):
            return ""
        return f" {character} " if self.split_on_cjk and _is_cjk(character) else character


# Python calls these spaces; BERT calls them control characters.
_CONTROL_SPACES = frozenset("\x0b\x0c\x1c\x1d\x1e\x1f\x85")


def _spread_punctuation(character: str) -> str:
    ascii_symbol = " " < character < "\x7f" and not character.isalnum()
    if ascii_symbol or unicodedata.category(character).startswith("P"):
        return f" {character} "
    return character


def _drop_accent(character: str) -> str:
    return "" if unicodedata.category(character) == "Mn" else character


_WITH_PUNCTUATION_APART = _CharacterMap(_spread_punctuation)
_WITHOUT_ACCENTS = _CharacterMap(_drop_accent)


def _is_cjk(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in _CJK_BLOCKS)
