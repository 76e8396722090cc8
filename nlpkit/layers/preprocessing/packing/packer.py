"""The base class of packers: special tokens, padding and truncation."""

import numbers
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from nlpkit.layers.preprocessing.packing.truncation import TruncationReport
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.layers.preprocessing.token_layer import TokenLayer
from nlpkit.layers.preprocessing.token_rows import concatenate
from nlpkit.ops.data.ragged import Row

Special = int | str | Sequence[int] | Sequence[str] | None


class TokenBlock(NamedTuple):
    """A block of consecutive tokens in every example of a batch: a segment or special tokens.

    Attributes:
        tokens: array of the tokens of all examples, concatenated.
        lengths: array `[batch]`, the number of tokens of each example.
    """

    tokens: np.ndarray
    lengths: np.ndarray


class Packer(TokenLayer):
    """The base class of layers that lay tokens out in rows of a fixed length.

    Args:
        sequence_length: int. The length of the rows.
        pad_value: int or str. The padding of shorter rows; None means 0 or "".
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

    def _cut(self, rows: Sequence[Row], lengths: np.ndarray, kept: np.ndarray) -> TokenBlock:
        """Keep the first `kept` of each row's tokens."""
        if not np.array_equal(kept, lengths):
            rows = [row[:size] for row, size in zip(rows, kept.tolist(), strict=True)]
        return TokenBlock(concatenate(rows), kept)

    def _pack(
        self, blocks: Sequence[TokenBlock], segments: Sequence[int], length: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Concatenate `blocks` in each row; `segments` are their segment ids.

        Returns:
            The tokens, their segment ids and the padding mask, each `[batch, length]`.
        """
        shape = (len(blocks[0].lengths), length)
        strings = any(block.tokens.dtype == object for block in blocks)
        tokens = np.full(shape, self._padding(strings), object if strings else self.compute_dtype)
        segment_ids = np.zeros(shape, "int32")
        ends = np.cumsum([block.lengths for block in blocks], axis=0, dtype="int32")
        if self.padding_side == "left":
            ends += length - ends[-1]
        begins = np.concatenate([ends[:1] - blocks[0].lengths.astype("int32"), ends[:-1]])
        columns = np.arange(length, dtype="int32")
        begins, ends = begins[..., None], ends[..., None]  # block, batch, 1
        for block, segment, begin, end in zip(blocks, segments, begins, ends, strict=True):
            cells = (columns >= begin) & (columns < end)
            tokens[cells] = block.tokens
            if segment:
                segment_ids[cells] = segment
        return tokens, segment_ids, (columns >= begins[0]) & (columns < ends[-1])

    def _padding(self, strings: bool) -> int | str:
        if self.pad_value is None:
            return "" if strings else 0
        _check_kind("pad_value", [self.pad_value], strings)
        return self.pad_value


def special_tokens(value: Special, name: str) -> list[Any]:
    """Convert one, several or no special tokens to a list.

    Raises:
        ValueError: `value` is of another type.
    """
    if value is None:
        return []
    tokens = list(value) if isinstance(value, list | tuple) else [value]
    if all(isinstance(token, str | bytes | numbers.Integral) for token in tokens):
        return tokens
    raise ValueError(f"{name} must be an int, a str, or a list of these; got {value!r}.")


def repeat(tokens: list[Any], segments: Iterable[TokenBlock], name: str) -> TokenBlock:
    """Repeat special tokens in each example, as a block next to `segments`.

    Raises:
        ValueError: they are strings where the segments are ids, or the other way round.
    """
    segments = list(segments)
    batch = len(segments[0].lengths)
    filled = [block for block in segments if block.tokens.size]
    if filled and tokens:
        _check_kind(name, tokens, any(block.tokens.dtype == object for block in filled))
    block = concatenate([tokens])
    return TokenBlock(np.tile(block, batch), np.full(batch, len(tokens)))


def _checked_length(value: object) -> Any:
    if not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"sequence_length must be a positive int; got {value!r}.")
    return value


def _check_kind(name: str, tokens: list[Any], strings: bool) -> None:
    if any(isinstance(token, str | bytes) != strings for token in tokens):
        needed = "strings" if strings else "ids"
        raise ValueError(f"{name} must be {needed}, as the tokens are; got {tokens!r}.")
