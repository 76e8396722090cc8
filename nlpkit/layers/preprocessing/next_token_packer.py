"""NextTokenPacker: texts in rows of a fixed length, and of each token the next one."""

from typing import Any, NamedTuple

import numpy as np

from nlpkit.layers.preprocessing.packer import Packer, Special, repeat, special_tokens
from nlpkit.layers.preprocessing.row_filling import fill_rows
from nlpkit.layers.preprocessing.token_rows import row_lengths
from nlpkit.ops.ragged import Row

# What a token of a row is part of; a text alone has no response.
_START, _PROMPT, _RESPONSE, _END = range(4)


class NextTokens(NamedTuple):
    """Rows to learn from, each `[batch, sequence_length]`.

    Attributes:
        token_ids: ids.
        padding_mask: bool, True where a token is.
        labels: ids, the token that follows each.
        weights: float32, 1 where the label counts.
        positions: int32, from 0 in each text; None unless rows hold several.
        sequence_ids: int32, the number of the text in its row; None unless rows hold several.
    """

    token_ids: Any
    padding_mask: Any
    labels: Any
    weights: Any
    positions: Any = None
    sequence_ids: Any = None


class NextTokenPacker(Packer):
    """Put start and end tokens around texts, and beside each token the one that follows it.

    A row has room for a text of one token more than its length: the last has no next one. What is
    longer loses tokens before its end token, which then is no label that counts.

    Args:
        sequence_length: int. The length of the rows.
        start_value: int or list of int. What goes before each text; None for nothing.
        end_value: int or list of int. What goes after each text; None for nothing.
        pad_value: int. Fills up shorter rows.
        response_only: bool. Whether, of a prompt and a response, only the response's tokens and the
            end count as labels.
        packing: bool. Whether a row holds as many texts as fit.
        padding_side: str. "right" or "left".
        truncation: str. "warn", "error" or "silent".

    Call arguments:
        inputs: a tuple of the ids of texts, or of prompts and responses, of one example or a batch.
        sequence_length: int. Another length for this call.

    Returns:
        `NextTokens`; with `packing` there are fewer rows than texts.
    """

    def __init__(
        self,
        sequence_length: int,
        *,
        start_value: Special,
        end_value: Special,
        pad_value: int,
        response_only: bool,
        packing: bool,
        padding_side: str,
        truncation: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            sequence_length,
            pad_value=pad_value,
            padding_side=padding_side,
            truncation=truncation,
            **kwargs,
        )
        self.start_value = start_value
        self.end_value = end_value
        self.response_only = response_only
        self.packing = packing
        self._start = special_tokens(start_value, "start_value")
        self._end = special_tokens(end_value, "end_value")

    def call(self, inputs: tuple[Any, ...], sequence_length: int | None = None) -> NextTokens:
        length = self._length(sequence_length)

        def pack(*segments: list[Row]) -> list[np.ndarray]:
            tokens, real, counted = self._lay_out(segments, length)
            followed = real[:, :-1] & real[:, 1:]
            if self.packing:
                return list(self._fill(tokens, followed, counted))
            weights = (followed & counted).astype("float32")
            return [tokens[:, :-1], real[:, :-1], tokens[:, 1:], weights]

        ids = self.compute_dtype
        dtypes = [ids, "bool", ids, "float32", *(["int32"] * 2 if self.packing else [])]
        return NextTokens(*self._map(pack, inputs, [(dtype, (length,)) for dtype in dtypes]))

    def _lay_out(
        self, segments: tuple[list[Row], ...], length: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A row for each example, one column longer: ids, which are real, which labels count."""
        lengths = np.stack([row_lengths(rows) for rows in segments])  # segment, batch
        room = self._room(length + 1, len(self._start) + len(self._end))
        # The first segment goes first: half a prompt asks for another response.
        kept = np.diff(np.minimum(np.cumsum(lengths, axis=0), room), axis=0, prepend=0)
        cut = (lengths - kept).sum(axis=0)
        self._report(cut, length)
        parts = [self._cut(*part) for part in zip(segments, lengths, kept, strict=True)]
        start = repeat(self._start, parts, "start_value")
        end = repeat(self._end, parts, "end_value")
        kinds = [_START, *(_PROMPT, _RESPONSE)[: len(parts)], _END]
        tokens, kind, real = self._pack([start, *parts, end], kinds, length + 1)
        counted = ~((cut > 0)[:, None] & (kind == _END))
        if len(parts) == 2 and self.response_only:
            counted &= kind >= _RESPONSE
        return tokens, real, counted[:, 1:]

    def _fill(self, tokens: np.ndarray, followed: np.ndarray, counted: np.ndarray) -> NextTokens:
        """Rows of several texts, each without its last token."""
        lengths, length = followed.sum(axis=1), followed.shape[1]
        filling = fill_rows(lengths, length, self.padding_side)
        positions = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        cells = np.repeat(filling.rows * length + filling.begins, lengths) + positions

        def spread(values: np.ndarray, padding: Any = 0) -> np.ndarray:
            rows = np.full((filling.num_rows, length), padding, values.dtype)
            rows.ravel()[cells] = values
            return rows

        ids, labels = tokens[:, :-1][followed], tokens[:, 1:][followed]
        numbers = spread(np.repeat(filling.numbers, lengths).astype("int32"))
        return NextTokens(
            spread(ids, self.pad_value),
            numbers > 0,
            spread(labels, self.pad_value),
            spread(counted[followed].astype("float32")),
            spread(positions.astype("int32")),
            numbers,
        )
