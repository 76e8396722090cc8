"""MultiSegmentPacker: several segments in one sequence of a fixed length, as in BERT."""

from typing import Any

import numpy as np

from nlpkit._types import Data
from nlpkit.layers.preprocessing.packing.packer import (
    Packer,
    Special,
    TokenBlock,
    repeat,
    special_tokens,
)
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.layers.preprocessing.token_layer import is_string_tensor
from nlpkit.layers.preprocessing.token_rows import row_lengths
from nlpkit.ops.data.ragged import Row


class MultiSegmentPacker(Packer):
    """Pack one or more segments into one sequence of a fixed length.

    The sequence consists of the start tokens and the segments, each followed by the separator, the
    last one by the end tokens (Devlin et al., 2018, arXiv:1810.04805). Segments that are too long
    together are first truncated at their ends. In Python it takes lists and NumPy arrays and
    returns NumPy arrays; inside `tf.data` it takes dense or ragged tensors and returns tensors.

    Args:
        sequence_length: int. The length of the packed sequence.
        start_value: int, str or list of these. The start tokens ("[CLS]" in BERT), ids or strings
            like the inputs; None for none.
        end_value: int, str or list of these. The tokens after the last segment ("[SEP]" in BERT);
            None for none.
        sep_value: int, str or list of these. The tokens after the other segments. Default None:
            `end_value`; an empty list for none.
        pad_value: int or str. The padding of shorter sequences. Default None: 0 or "".
        truncate: str. How segments share the available length: "round_robin" gives each one token
            in turn, "waterfall" fills it with the first, then the second. Default "round_robin".
        padding_side: str. "right" or "left". Default "right".
        truncation: str. What happens when tokens are cut: "warn" (once per layer), "error" or
            "silent". Default "warn".
        return_padding_mask: bool. Whether to return a mask too. Default False.
        end_segment: int or None. The segment id of the last end token. Default None: that of the
            last segment.
        pad_segment: int. The segment id of padding. Default 0.
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        inputs: a tuple of segments, or one segment: each the tokens of one example or of a batch,
            as a list, array or tensor of rank 1 or 2, ragged or not.
        sequence_length: int. Overrides the layer's for this call.
        add_start_value: bool. Whether the start tokens are added. Default True.
        add_end_value: bool. Whether the end tokens are added. Default True.

    Returns:
        A tuple of the packed tokens, `[batch, sequence_length]` (or `[sequence_length]` for one
        example), ids of `dtype` or strings, and the segment ids, int32 of the same shape: 0 for the
        start, a segment's number for its tokens and what follows them, `pad_segment` for padding.
        With `return_padding_mask` also a bool array of that shape, True where a token is.

    Raises:
        ValueError: the special tokens alone do not fit, the segments differ in batch size, or
            tokens were cut with `truncation="error"`.

    Example:
        >>> packer = nlpkit.layers.MultiSegmentPacker(8, start_value=101, end_value=102)
        >>> token_ids, segment_ids = packer(([1, 2, 3], [11, 12]))
        >>> token_ids
        array([101,   1,   2,   3, 102,  11,  12, 102], dtype=int32)
        >>> segment_ids
        array([0, 0, 0, 0, 0, 1, 1, 1], dtype=int32)
    """

    def __init__(
        self,
        sequence_length: int,
        start_value: Special,
        end_value: Special,
        sep_value: Special = None,
        pad_value: int | str | None = None,
        truncate: str = "round_robin",
        padding_side: str = "right",
        truncation: str = "warn",
        return_padding_mask: bool = False,
        *,
        end_segment: int | None = None,
        pad_segment: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            sequence_length,
            pad_value=pad_value,
            padding_side=padding_side,
            truncation=truncation,
            **kwargs,
        )
        check_choice("truncate", truncate, tuple(_SHARES))
        self.start_value = start_value
        self.end_value = end_value
        self.sep_value = sep_value
        self.truncate = truncate
        self.return_padding_mask = return_padding_mask
        self.end_segment = end_segment
        self.pad_segment = pad_segment
        self._start = special_tokens(start_value, "start_value")
        self._end = special_tokens(end_value, "end_value")
        self._separator = self._end if sep_value is None else special_tokens(sep_value, "sep_value")

    def call(
        self,
        inputs: Data,
        sequence_length: int | None = None,
        add_start_value: bool = True,
        add_end_value: bool = True,
    ) -> tuple[Any, ...]:
        segments = inputs if isinstance(inputs, tuple) else (inputs,)
        if _is_batches(inputs):
            raise ValueError(
                "inputs must be one segment or a tuple of segments, packer((first, second)); got a "
                f"list of {len(inputs)} batches."
            )
        if not segments:
            raise ValueError("inputs must contain at least one segment; got an empty tuple.")
        length = self._length(sequence_length)
        start = self._start if add_start_value else []
        end = self._end if add_end_value else []

        def pack(*segments: list[Row]) -> tuple[np.ndarray, ...]:
            return self._pack_segments(segments, length, start, end)

        dtype = "string" if is_string_tensor(segments[0]) else self.compute_dtype
        outputs = [(name, (length,)) for name in (dtype, "int32", "bool")]
        packed = self._map(pack, segments, outputs)
        return tuple(packed) if self.return_padding_mask else tuple(packed[:2])

    def _pack_segments(
        self, segments: tuple[list[Row], ...], length: int, start: list[Any], end: list[Any]
    ) -> tuple[np.ndarray, ...]:
        lengths = np.stack([row_lengths(rows) for rows in segments])  # segment, batch
        num_special = len(start) + (len(segments) - 1) * len(self._separator) + len(end)
        kept = _SHARES[self.truncate](lengths, self._room(length, num_special))
        self._report((lengths - kept).sum(axis=0), length)
        parts = [self._cut(*part) for part in zip(segments, lengths, kept, strict=True)]
        return self._join(parts, length, start, end)

    def _join(
        self, parts: list[TokenBlock], length: int, start: list[Any], end: list[Any]
    ) -> tuple[np.ndarray, ...]:
        separator = repeat(self._separator, parts, "sep_value")
        last = [end[:-1], end[-1:]]
        after = [separator] * (len(parts) - 1) + [repeat(last[0], parts, "end_value")]
        blocks, numbers = [repeat(start, parts, "start_value")], [0]
        for i, (part, following) in enumerate(zip(parts, after, strict=True)):
            blocks += [part, following]
            numbers += [i, i]
        blocks.append(repeat(last[1], parts, "end_value"))
        numbers.append(numbers[-1] if self.end_segment is None else self.end_segment)
        tokens, segment_ids, real = self._pack(blocks, numbers, length)
        segment_ids[~real] = self.pad_segment
        return tokens, segment_ids, real


def _is_batches(inputs: Data) -> bool:
    """Whether the inputs are a list of batches, each a list of examples."""
    for _ in range(2):
        if not isinstance(inputs, list) or not inputs:
            return False
        inputs = inputs[0]
    return isinstance(inputs, list)


def _waterfall(lengths: np.ndarray, room: int) -> np.ndarray:
    """The number of tokens to keep of each segment, `[segment, batch]`: earlier ones first."""
    return np.diff(np.minimum(np.cumsum(lengths, axis=0), room), axis=0, prepend=0)


def _round_robin(lengths: np.ndarray, room: int) -> np.ndarray:
    """The number of tokens to keep of each segment, `[segment, batch]`: one each in turn."""
    # If the shortest j segments are kept whole, the others get an equal share of the rest. The
    # right j is the first for which the next longer segment exceeds that share.
    ascending = np.sort(lengths, axis=0)
    whole = np.cumsum(ascending, axis=0) - ascending
    shares = (room - whole) // np.arange(len(lengths), 0, -1)[:, None]
    exceeds = ascending > shares
    share = np.take_along_axis(shares, exceeds.argmax(axis=0)[None], axis=0)
    kept = np.where(exceeds.any(axis=0), np.minimum(lengths, share), lengths)
    # The remainder of the equal share goes to the first segments that still have tokens.
    left_over = room - kept.sum(axis=0)
    waiting = lengths > kept
    return kept + (waiting & (np.cumsum(waiting, axis=0) <= left_over))


_SHARES = {"round_robin": _round_robin, "waterfall": _waterfall}
