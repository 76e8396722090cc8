"""Counting of words, split as in BERT."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from tokenizers.pre_tokenizers import BertPreTokenizer

from nlpkit.tokenizers.word_piece.algorithm import build_normalizer

_MOST_CHUNKS = 500_000

# What the native engine does with ASCII: control characters vanish, symbols stand alone.
_ASCII_CLEANED = dict.fromkeys([*range(32), 127]) | dict.fromkeys(map(ord, "\t\n\r"), " ")
_ASCII_WORD = re.compile(r"[0-9A-Za-z]+|[^ ]")


@dataclass(frozen=True)
class WordCounter:
    """Counts words, split and normalized by the engine of `WordPieceTokenizer`.

    The text on one side of a space (U+0020) does not affect the other, so the words of a text are
    those of its chunks between spaces, each counted once; most chunks are ASCII, for which a
    regular expression does the same in a seventh of the time.

    Attributes:
        lowercase: bool. Whether to lowercase.
        strip_accents: bool. Whether to strip accents.
        split: bool. False neither cleans nor splits: every text is one word.
        split_on_cjk: bool. Whether a CJK character is a word of its own.
        longest_word: int. Longer words are ignored.
    """

    lowercase: bool
    strip_accents: bool
    split: bool
    split_on_cjk: bool
    longest_word: int

    def __call__(self, texts: Iterable[str]) -> Counter[str]:
        """Count the words of `texts`."""
        words: Counter[str] = Counter()
        chunks: Counter[str] = Counter()
        for text in texts:
            chunks.update(text.split(" ") if self.split else [text])
            if len(chunks) > _MOST_CHUNKS:
                self._move(chunks, words)
        self._move(chunks, words)
        return words

    def _move(self, chunks: Counter[str], words: Counter[str]) -> None:
        same_count: defaultdict[int, list[str]] = defaultdict(list)
        for chunk, count in chunks.items():
            same_count[count].append(chunk)
        for count, group in same_count.items():
            for word, times in Counter(self._words(group)).items():
                if 0 < len(word) <= self.longest_word:
                    words[word] += count * times
        chunks.clear()

    def _words(self, chunks: list[str]) -> Iterable[str]:
        normalize = build_normalizer(self).normalize_str
        if not self.split:
            return map(normalize, chunks)
        text = " ".join(chunk for chunk in chunks if chunk.isascii())
        others = [normalize(chunk) for chunk in chunks if not chunk.isascii()]
        return chain(self._ascii_words(text), chain.from_iterable(map(_split, others)))

    def _ascii_words(self, text: str) -> list[str]:
        cleaned = text.translate(_ASCII_CLEANED)
        return _ASCII_WORD.findall(cleaned.lower() if self.lowercase else cleaned)


def _split(normalized: str) -> list[str]:
    return [word for word, _ in BertPreTokenizer().pre_tokenize_str(normalized)]
