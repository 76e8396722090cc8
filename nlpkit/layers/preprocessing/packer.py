"""What both packers share: room for special tokens, padding, and reporting what was cut."""

import numbers
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.layers.preprocessing.token_layer import TokenLayer
from nlpkit.layers.preprocessing.token_rows import concatenate
from nlpkit.layers.preprocessing.truncation import TruncationReport
from nlpkit.ops.ragged import Row

Special = int | str | Sequence[int] | Sequence[str] | None


class Piece(NamedTuple):
    """One part of every example of a batch: a segment, or special tokens.

    Attributes:
        tokens: array of all examples' tokens, one example after another.
        lengths: array `[batch]`, the number of tokens of each example.
    """

    tokens: np.ndarray
    lengths: np.ndarray


class Packer(TokenLayer):
    """The base of layers that lay tokens out in rows of a fixed length.

    Args:
        sequence_length: int. The length of the rows.
        pad_value: int or str. Fills up shorter rows; None means 0 or "".
        padding_side: str. "right" or "left".
        truncation: str. "warn", "error" or "silent".
    """

    def __init__(
        self,
        sequence_length: int,
        *,
        pad_value: int | str | None,
        padding_side: str,
        truncation: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_choice("padding_side", padding_side, ("right", "left"))
        self.sequence_length = _checked_length(sequence_length)
        self.pad_value = pad_value
        self.padding_side = padding_side
        self.truncation = truncation
        self._report = TruncationReport(truncation, self.name)

    def _length(self, sequence_length: int | None) -> int:
        return self.sequence_length if sequence_length is None else _checked_length(sequence_length)

    def _room(self, length: int, num_special_tokens: int) -> int:
        if num_special_tokens > length:
            raise ValueError(
                f"sequence_length={length} leaves no room for the {num_special_tokens} special "
                f"tokens that {self.name} adds; make sequence_length larger."
            )
        return length - num_special_tokens

    def _cut(self, rows: Sequence[Row], lengths: np.ndarray, kept: np.ndarray) -> Piece:
        """Keep the first `kept` of each row's tokens."""
        if not np.array_equal(kept, lengths):
            rows = [row[:size] for row, size in zip(rows, kept.tolist(), strict=True)]
        return Piece(concatenate(rows), kept)

    def _pack(
        self, pieces: Sequence[Piece], segments: Sequence[int], length: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Lay out `pieces` beside each other; `segments` says which segment each belongs to.

        Returns:
            The tokens, their segment ids, and which are no padding, each `[batch, length]`.
        """
        shape = (len(pieces[0].lengths), length)
        strings = any(piece.tokens.dtype == object for piece in pieces)
        tokens = np.full(shape, self._padding(strings), object if strings else self.compute_dtype)
        segment_ids = np.zeros(shape, "int32")
        ends = np.cumsum([piece.lengths for piece in pieces], axis=0, dtype="int32")
        if self.padding_side == "left":
            ends += length - ends[-1]
        begins = np.concatenate([ends[:1] - pieces[0].lengths.astype("int32"), ends[:-1]])
        columns = np.arange(length, dtype="int32")
        begins, ends = begins[..., None], ends[..., None]  # piece, batch, 1
        for piece, segment, begin, end in zip(pieces, segments, begins, ends, strict=True):
            cells = (columns >= begin) & (columns < end)
            tokens[cells] = piece.tokens
            if segment:
                segment_ids[cells] = segment
        return tokens, segment_ids, (columns >= begins[0]) & (columns < ends[-1])

    def _padding(self, strings: bool) -> int | str:
        if self.pad_value is None:
            return "" if strings else 0
        _check_kind("pad_value", [self.pad_value], strings)
        return self.pad_value


def special_tokens(value: Special, name: str) -> list[Any]:
    """Read a special token, several, or none, as a list.

    Raises:
        ValueError: `value` is something else.
    """
    if value is None:
        return []
    tokens = list(value) if isinstance(value, list | tuple) else [value]
    if all(isinstance(token, str | bytes | numbers.Integral) for token in tokens):
        return tokens
    raise ValueError(f"{name} must be an int, a str, or a list of these; got {value!r}.")


def repeat(tokens: list[Any], segments: Iterable[Piece], name: str) -> Piece:
    """Special tokens, the same in each example, as a piece beside `segments`.

    Raises:
        ValueError: they are strings where the segments are ids, or the other way round.
    """
    segments = list(segments)
    batch = len(segments[0].lengths)
    filled = [piece for piece in segments if piece.tokens.size]
    if filled and tokens:
        _check_kind(name, tokens, any(piece.tokens.dtype == object for piece in filled))
    piece = concatenate([tokens])
    return Piece(np.tile(piece, batch), np.full(batch, len(tokens)))


def _checked_length(value: Any) -> Any:
    if not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"sequence_length must be a positive int; got {value!r}.")
    return value


def _check_kind(name: str, tokens: list[Any], strings: bool) -> None:
    if any(isinstance(token, str | bytes) != strings for token in tokens):
        needed = "strings" if strings else "ids"
        raise ValueError(f"The tokens are {needed}, so must {name} be; got {tokens!r}.")
