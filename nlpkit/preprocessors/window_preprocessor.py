"""The base class of preprocessors that split long texts into windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlpkit.preprocessors.examples.text_units import TextUnits
from nlpkit.preprocessors.examples.windows import Window, windows
from nlpkit.preprocessors.segment_preprocessor import PackingPreprocessor
from nlpkit.tokenizers.base.tokenizer import Tokenizer


@dataclass(frozen=True)
class TextWindow:
    """A window of a text.

    Attributes:
        row: the number of the text.
        units: of the text.
        bounds: the window's tokens, and those that it answers for.
        question: the ids of a text before it; None for none.
    """

    row: int
    units: TextUnits
    bounds: Window
    question: Sequence[int] | None = None

    @property
    def ids(self) -> Sequence[int]:
        """The ids of its tokens."""
        return self.units.ids[self.bounds.start : self.bounds.end]

    @property
    def own(self) -> list[tuple[int, int]]:
        """The units it answers for, each with the index of its first token in the window."""
        start, _, first, last = self.bounds
        tokens = enumerate(self.units.tokens)
        return [(unit, token - start) for unit, token in tokens if first <= token < last]


class WindowPreprocessor(PackingPreprocessor):
    """Base class of preprocessors whose rows are overlapping windows of texts.

    Args:
        stride: int or None. The maximum number of tokens that a window repeats of the previous one.
    """

    def __init__(
        self, tokenizer: Tokenizer, sequence_length: int, stride: int | None, **kwargs: Any
    ) -> None:
        if stride is not None and not 0 <= stride < sequence_length:
            raise ValueError(
                "stride must be from 0 to sequence_length - 1; got "
                f"stride={stride}, sequence_length={sequence_length}."
            )
        super().__init__(tokenizer, sequence_length, **kwargs)
        self.stride = stride

    def features(self, windows: Sequence[TextWindow]) -> dict[str, np.ndarray]:
        """The features of windows."""
        texts = [list(window.ids) for window in windows]
        questions = [list(w.question) for w in windows if w.question is not None]
        return self._pack([questions, texts] if questions else [texts])

    def places(self, window: TextWindow) -> tuple[int, int]:
        """Where the token is that stands for all the row of a window, and where its tokens begin.

        The former is the row's first one, unless the family has "cls_token" at the end.
        """
        before, after = self._special(window.question)
        size = before + len(window.ids) + after
        start = self.sequence_length - size if self.padding_side == "left" else 0
        packing = self.tokenizer.packing
        ends = packing is not None and packing.end[-1:] == ("cls_token",) and not packing.start
        return start + size - 1 if ends else start, start + before

    def _windows_of(
        self, units: TextUnits, row: int, question: Sequence[int] | None = None
    ) -> list[TextWindow]:
        """The windows of a text, or of one after a question."""
        taken = sum(self._special(question))
        room = self.sequence_length - taken
        if room < 1:
            whose = "" if question is None else f" and the question of row {row}"
            raise ValueError(
                f"sequence_length must leave room for text; got {self.sequence_length}, and "
                f"special tokens{whose} take {taken}."
            )
        if units.longest > room:
            raise ValueError(_too_long(units, row, room))
        stride = room // 4 if self.stride is None else min(self.stride, room - 1)
        return [TextWindow(row, units, w, question) for w in windows(units.splits, room, stride)]

    def _special(self, question: Sequence[int] | None) -> tuple[int, int]:
        """The numbers of tokens before and after a text."""
        packing = self.tokenizer.packing
        if packing is None:
            return 0, 0  # The packer refuses such a tokenizer.
        before = 0 if question is None else len(question) + len(packing.separator)
        return before + len(packing.start), len(packing.end)


def as_text(value: str | bytes) -> str:
    """A text, whatever kind of string it is."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _too_long(units: TextUnits, row: int, room: int) -> str:
    sizes = np.diff(units.splits)
    at = units.splits[int(sizes.argmax())]
    unit = units.tokens.index(at)
    word = units.text[units.starts[unit] : units.ends[unit]]
    return (
        f"A window never splits a word, and {word[:40]!r}, at character {units.starts[unit]} of "
        f"row {row}, has {sizes.max()} tokens, where {room} fit. Raise sequence_length, or "
        'classify tokens with subwords="all" (from_preset takes both).'
    )
