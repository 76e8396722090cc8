"""Encodings: ids with their tokens and character offsets."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Spans(NamedTuple):
    """The result of an algorithm for one text: four lists of the same length.

    Attributes:
        ids: the ids.
        starts: index of the first character of each id.
        ends: index after its last character.
        words: index of the word each id belongs to.
    """

    ids: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]
    words: Sequence[int]

    @classmethod
    def empty(cls, ids: Sequence[int]) -> "Spans":
        """Ids with empty spans, each a word."""
        return cls(ids, [0] * len(ids), [0] * len(ids), range(len(ids)))

    @classmethod
    def whole(cls, i: int, text: str) -> "Spans":
        """One id for a text, which is a word."""
        return cls([i], [0], [len(text)], [0])

    @classmethod
    def join(cls, parts: "Iterable[tuple[int, Spans]]") -> "Spans":
        """Join the spans of the parts of a text, each with the index of its first character."""
        ids: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        words: list[int] = []
        for at, part in parts:
            first_word = words[-1] + 1 if words else 0
            ids.extend(part.ids)
            starts.extend(at + start for start in part.starts)
            ends.extend(at + end for end in part.ends)
            words.extend(first_word + word for word in part.words)
        return cls(ids, starts, ends, words)


@dataclass(frozen=True)
class Encoding:
    """The tokens of one text, or of a window of it.

    Attributes:
        ids: list of int.
        tokens: list of str. The tokens as in the vocabulary.
        offsets: list of (start, end). The characters of each token, `text[start:end]`. Tokens that
            share a character have the same offsets; a token without text has an empty span.
        word_ids: list of int. The word each token belongs to, counted from 0.
    """

    ids: list[int] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    offsets: list[tuple[int, int]] = field(default_factory=list)
    word_ids: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, part: slice) -> "Encoding":
        """Select a window of the tokens; offsets still refer to the whole text."""
        return Encoding(self.ids[part], self.tokens[part], self.offsets[part], self.word_ids[part])

    @classmethod
    def of(cls, spans: Spans, tokens: Sequence[str | None]) -> "Encoding":
        """The encoding of a text.

        Args:
            spans: of the text.
            tokens: of the vocabulary, in the order of their ids.
        """
        offsets = list(zip(spans.starts, spans.ends, strict=True))
        names = [tokens[i] or "" for i in spans.ids]
        return cls(list(spans.ids), names, offsets, list(spans.words))

    def windows(self, max_length: int, stride: int = 0) -> list["Encoding"]:
        """Split into windows of whole words.

        Args:
            max_length: int. The maximum number of tokens of a window.
            stride: int. The maximum number of tokens, in whole words, that a window repeats of the
                previous one. Default 0.

        Returns:
            The windows, one without tokens if there are none.

        Raises:
            ValueError: a word has more than `max_length` tokens, or `stride` is not less than
                `max_length`.
        """
        if max_length < 1:
            raise ValueError(f"max_length must be at least 1; got {max_length}.")
        if not 0 <= stride < max_length:
            raise ValueError(
                f"stride must be from 0 to max_length - 1; got stride={stride}, "
                f"max_length={max_length}."
            )
        bounds = self._window_bounds(self._word_ends(max_length), max_length, stride)
        return [self[slice(*bound)] for bound in bounds]

    def _word_ends(self, max_length: int) -> list[int]:
        """0, and the index after each word's last token."""
        following = [*self.word_ids[1:], None]
        ends = [i + 1 for i, word in enumerate(self.word_ids) if word != following[i]]
        for start, end in zip([0, *ends], ends, strict=False):
            if end - start > max_length:
                raise ValueError(
                    f"A window never splits a word, but the word of the characters "
                    f"{self.offsets[start][0]} to {self.offsets[end - 1][1]} has {end - start} "
                    f"tokens; got max_length={max_length}."
                )
        return [0, *ends]

    def _window_bounds(
        self, ends: Sequence[int], max_length: int, stride: int
    ) -> Iterator[tuple[int, int]]:
        first = 0
        while True:
            last = bisect_right(ends, ends[first] + max_length) - 1
            yield ends[first], ends[last]
            if last == len(ends) - 1:
                return
            repeated = bisect_left(ends, ends[last] - stride)
            first = max(repeated, bisect_left(ends, ends[last + 1] - max_length))
