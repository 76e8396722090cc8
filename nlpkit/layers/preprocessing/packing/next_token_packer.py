"""NextTokenPacker: token ids and next-token labels for causal language modeling."""

from typing import Any, NamedTuple

import numpy as np

from nlpkit.layers.preprocessing.packing.packer import Packer, Special, repeat, special_tokens
from nlpkit.layers.preprocessing.packing.row_filling import fill_rows
from nlpkit.layers.preprocessing.token_rows import row_lengths
from nlpkit.ops.data.ragged import Row

# What a token of a row is part of; a text alone has no response.
_START, _PROMPT, _RESPONSE, _END = range(4)


class NextTokens(NamedTuple):
    """Features and labels for training, each `[batch, sequence_length]`.

    Attributes:
        token_ids: ids.
        padding_mask: bool, True = real token.
        labels: ids, the next token of each.
        weights: float32, 1 where the label counts.
        positions: int32, from 0 in each text; None without packing.
        sequence_ids: int32, the number of the text in its row; None without packing.
    """

    token_ids: Any
    padding_mask: Any
    labels: Any
    weights: Any
    positions: Any = None
    sequence_ids: Any = None


class NextTokenPacker(Packer):
    """Add start and end tokens to texts, and pair each token with the next one as its label.

    A row fits a text of one token more than its length, because the last token has no label. A
    longer text is cut before its end token, which then does not count as a label.

    Args:
        sequence_length: int. The length of the rows.
        start_value: int or list of int. The tokens before each text; None for none.
        end_value: int or list of int. The tokens after each text; None for none.
        pad_value: int. The padding of shorter rows.
        response_only: bool. Whether only the tokens of the response and the end tokens count as
            labels, not those of the prompt.
        packing: bool. Whether to pack as many texts into a row as fit.
        padding_side: str. "right" or "left".
        truncation: str. "warn", "error" or "silent".

    Call arguments:
        inputs: a tuple of the ids of texts, or of prompts and responses, of one example or a batch.
        sequence_length: int. Overrides the layer's for this call.

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
        """Lay out each example in a row one column longer: ids, padding mask, label mask."""
        lengths = np.stack([row_lengths(rows) for rows in segments])  # segment, batch
        room = self._room(length + 1, len(self._start) + len(self._end))
        # The prompt is kept first: half a prompt would ask for another response.
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
        """Pack several texts into each row, each without its last token."""
        lengths, length = followed.sum(axis=1), followed.shape[1]
        filling = fill_rows(lengths, length, self.padding_side)
        positions = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        cells = np.repeat(filling.rows * length + filling.begins, lengths) + positions

        def spread(values: np.ndarray, padding: object = 0) -> np.ndarray:
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
