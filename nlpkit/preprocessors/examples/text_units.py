"""The units of a text, words or tokens, and the tokens that each has, by character offsets."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from nlpkit.tokenizers.base.encoding import Encoding

# Letters of scripts that are written without spaces between words: Thai to Myanmar, Khmer, kana,
# ideographs.
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uaa60-\uaa7f\uf900-\ufaff\uff66-\uff9f\U0001b000-\U0001b16f"
    "\U00020000-\U0003ffff]"
)
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class TextUnits:
    """The tokens of a text, and the units that they make up.

    Attributes:
        text: the text.
        ids: the ids of its tokens.
        tokens: for each unit, the index of its first token, which answers for it.
        starts, ends: for each unit, its characters, `text[start:end]`, without white space.
        splits: where the tokens may be split: 0, and the index after each unit.
    """

    text: str
    ids: Sequence[int]
    tokens: list[int]
    starts: list[int]
    ends: list[int]
    splits: list[int]

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def last_tokens(self) -> list[int]:
        """For each unit, the index of its last token."""
        return [self.splits[bisect_right(self.splits, token)] - 1 for token in self.tokens]

    def between(self, start: int, end: int) -> tuple[int, int]:
        """The units in `text[start:end]`, whole or in part: first, and the one after the last."""
        return bisect_right(self.ends, start), bisect_left(self.starts, end)

    @property
    def longest(self) -> int:
        """The number of tokens of the longest unit."""
        return max((b - a for a, b in zip(self.splits, self.splits[1:], strict=False)), default=0)


def units_of(text: str, encoding: Encoding, whole_words: bool) -> TextUnits:
    """The units of a text: words, or tokens.

    A word is a run of letters, digits and marks; letters of scripts that are written without spaces
    are not joined. Tokens that share a character are one unit, and white space is part of none.

    Args:
        text: str.
        encoding: `Encoding` of it.
        whole_words: bool. Whether units are words.
    """

    def joined(end: int, start: int) -> bool:
        return start < end or (whole_words and start == end and _joins(text, start))

    spans = [_trimmed(text, *offset) for offset in encoding.offsets]
    owners: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in spans:
        if start == end:
            owners.append(-1)
            continue
        if starts and joined(ends[-1], start):
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
        owners.append(len(starts) - 1)
    return _made(text, encoding.ids, owners, starts, ends)


def units_of_words(text: str, encoding: Encoding, starts: list[int], ends: list[int]) -> TextUnits:
    """The units of a text of words with these characters; a word without tokens has token -1.

    Args:
        text: str. The words, joined.
        encoding: `Encoding` of it.
        starts, ends: lists of int. The characters of each word.
    """
    owners, word = [], 0
    for offset in encoding.offsets:
        start, end = _trimmed(text, *offset)
        while start < end and ends[word] <= start:
            word += 1
        owners.append(word if start < end else -1)
    return _made(text, encoding.ids, owners, starts, ends)


def join_words(words: Sequence[str]) -> tuple[str, list[int], list[int]]:
    """Join words to a text: with spaces, except between letters of scripts that have none.

    Returns:
        The text, and where each word starts and ends in it.
    """
    text = ""
    starts: list[int] = []
    for word in words:
        together = [text[-1:], word[:1]]
        text += "" if all(map(_WITHOUT_SPACES.match, together)) or not starts else " "
        starts.append(len(text))
        text += word
    return text, starts, [start + len(word) for start, word in zip(starts, words, strict=True)]


def _made(
    text: str, ids: Sequence[int], owners: list[int], starts: list[int], ends: list[int]
) -> TextUnits:
    tokens = [-1] * len(starts)
    splits = [0]
    for i, owner in enumerate(owners):
        if i and (owner < 0 or owner != owners[i - 1]):
            splits.append(i)
        if owner >= 0 and tokens[owner] < 0:
            tokens[owner] = i
    return TextUnits(text, ids, tokens, starts, ends, [*splits, len(owners)] if owners else [0])


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The characters of a token without white space around them."""
    part = text[start:end]
    first = start + len(part) - len(part.lstrip())
    return first, max(first, start + len(part.rstrip()))


def _joins(text: str, at: int) -> bool:
    """Whether the characters before and at an index are of one word."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(after)[0] == "M" or after in _JOINERS or before in _JOINERS:
        return True
    if _WITHOUT_SPACES.match(before) or _WITHOUT_SPACES.match(after):
        return False
    is_mark = unicodedata.category(before)[0] == "M"
    return after.isalnum() and (before.isalnum() or is_mark)
