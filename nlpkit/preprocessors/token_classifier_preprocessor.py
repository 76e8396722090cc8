"""TokenClassifierPreprocessor: preprocessing for the classification of tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nlpkit._types import Data
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.preprocessors.segment_preprocessor import PackingPreprocessor
from nlpkit.preprocessors.text_units import TextUnits, join_words, units_of, units_of_words
from nlpkit.preprocessors.windows import Window, windows
from nlpkit.tokenizers.base.tokenizer import Tokenizer


@dataclass(frozen=True)
class TextWindow:
    """A window of a text.

    Attributes:
        row: the number of the text.
        units: of the text.
        bounds: the window's tokens, and those that it answers for.
    """

    row: int
    units: TextUnits
    bounds: Window

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


class TokenClassifierPreprocessor(PackingPreprocessor):
    """Convert strings to features for a token classifier: a row for each window of each text.

    Text is tokenized, and split into overlapping windows where it does not fit a row. The family's
    special tokens are added to each, and rows are padded to `sequence_length`. Nothing is cut.

    Args:
        tokenizer: `Tokenizer` of the family.
        sequence_length: int. The length of the rows; may be set later. Default 512.
        stride: int or None. The maximum number of tokens that a window repeats of the previous one.
            None, the default, is a quarter of a row.
        subwords: str. What is classified: "first", words, by the first token of each, as in most
            published models; "all", every token. Words in texts are runs of letters and digits, and
            single tokens of scripts that are written without spaces. Default "first".
        padding_side: str. "right" or "left". Default "right".
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        x: a str, or a batch of them in any form; see `Preprocessor`.

    Returns:
        A dict of `token_ids` of `dtype`, `padding_mask` (bool, True = real token) and, where
        the family has them, `segment_ids` (int32), each `[windows, sequence_length]`.

    Raises:
        TypeError: `x` holds no strings.
        ValueError: labels were passed, `x` holds pairs, or a word does not fit a row.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "good", "film"]
        >>> tokenizer = nlpkit.models.BertTokenizer(vocabulary)
        >>> preprocessor = nlpkit.models.TokenClassifierPreprocessor(tokenizer, 4, stride=1)
        >>> preprocessor(["a good film", "film"])["token_ids"]
        array([[2, 5, 6, 3],
               [2, 6, 7, 3],
               [2, 7, 3, 0]], dtype=int32)
    """

    pass_instead: ClassVar[str] = "and labels to the task"

    def __init__(
        self,
        tokenizer: Tokenizer,
        sequence_length: int = 512,
        stride: int | None = None,
        *,
        subwords: str = "first",
        padding_side: str = "right",
        **kwargs: Any,
    ) -> None:
        check_choice("subwords", subwords, ("first", "all"))
        if stride is not None and not 0 <= stride < sequence_length:
            raise ValueError(
                "stride must be from 0 to sequence_length - 1; got "
                f"stride={stride}, sequence_length={sequence_length}."
            )
        super().__init__(tokenizer, sequence_length, padding_side=padding_side, **kwargs)
        self.stride = stride
        self.subwords = subwords

    def call(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        x, *_ = self.read(x, y, sample_weight)
        return self.features(self.windows([x] if isinstance(x, str) else x))

    def windows(self, x: Sequence[Any], words: bool = False) -> list[TextWindow]:
        """Tokenize texts and split them into windows.

        Args:
            x: list or array of str, or of lists of words.
            words: bool. Whether `x` holds lists of words.

        Raises:
            ValueError: see the class.
        """
        read = self._read_words if words else self._read_texts
        packing = self.tokenizer.packing
        special = self._before() + len(packing.end if packing else ())
        room = self.sequence_length - special
        if room < 1:
            raise ValueError(
                f"sequence_length must leave room for text; got {self.sequence_length}, and "
                f"{special} special tokens."
            )
        stride = room // 4 if self.stride is None else min(self.stride, room - 1)
        found = []
        for row, units in enumerate(read(x)):
            if units.longest > room:
                raise ValueError(_too_long(units, row, room))
            found += [TextWindow(row, units, w) for w in windows(units.splits, room, stride)]
        return found

    def features(self, windows: Sequence[TextWindow]) -> dict[str, np.ndarray]:
        """The features of windows."""
        return self._pack([[list(window.ids) for window in windows]])

    def first_tokens(self, windows: Sequence[TextWindow]) -> list[int]:
        """Where the tokens of each window begin in its row."""
        if self.padding_side == "right":
            return [self._before()] * len(windows)
        packing = self.tokenizer.packing
        end = self.sequence_length - len(packing.end if packing else ())
        return [end - len(window.ids) for window in windows]

    def _before(self) -> int:
        """The number of special tokens before a text."""
        packing = self.tokenizer.packing
        return len(packing.start) if packing else 0

    def _read_texts(self, texts: Any) -> list[TextUnits]:
        if isinstance(texts, tuple):
            raise ValueError(
                f"x must be single texts; got {len(texts)} segments. The rows of x are texts, or "
                "lists of words with words=True."
            )
        texts = [*texts]
        whole = self.subwords == "first"
        encodings = self.tokenizer.encode(texts)
        return [units_of(_text(t), e, whole) for t, e in zip(texts, encodings, strict=True)]

    def _read_words(self, rows: Any) -> list[TextUnits]:
        joined = [join_words([*map(_text, row)]) for row in rows]
        encodings = self.tokenizer.encode([text for text, *_ in joined])
        return [
            units_of_words(text, encoding, starts, ends)
            for (text, starts, ends), encoding in zip(joined, encodings, strict=True)
        ]


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _too_long(units: TextUnits, row: int, room: int) -> str:
    sizes = np.diff(units.splits)
    unit = next(
        i for i, token in enumerate(units.tokens) if sizes[units.splits.index(token)] > room
    )
    word = units.text[units.starts[unit] : units.ends[unit]]
    return (
        f"A window never splits a word, and {word[:40]!r}, at character {units.starts[unit]} of "
        f"row {row}, has {sizes.max()} tokens, where {room} fit. Raise sequence_length, or pass "
        'subwords="all" (from_preset takes it too).'
    )
