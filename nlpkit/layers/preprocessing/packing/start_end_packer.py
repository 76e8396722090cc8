"""StartEndPacker: one sequence with start and end tokens, of a fixed length."""

from typing import Any

import numpy as np

from nlpkit._types import Data
from nlpkit.layers.preprocessing.packing.packer import Packer, Special, repeat, special_tokens
from nlpkit.layers.preprocessing.token_layer import is_string_tensor
from nlpkit.layers.preprocessing.token_rows import row_lengths
from nlpkit.ops.data.ragged import Row


class StartEndPacker(Packer):
    """Add start and end tokens to each sequence, and pad or truncate it to a fixed length.

    A sequence that is too long is first truncated at its end, so that the start and end tokens are
    always present. In Python it takes lists and NumPy arrays and returns NumPy arrays; inside
    `tf.data` it takes dense or ragged tensors and returns tensors.

    Args:
        sequence_length: int. The length of the packed sequences.
        start_value: int, str or list of these. The start tokens, ids or strings like the inputs.
            Default None (no tokens).
        end_value: int, str or list of these. The end tokens. Default None (no tokens).
        pad_value: int or str. The padding of shorter sequences. Default None: 0 or "".
        return_padding_mask: bool. Whether to return a mask too. Default False.
        padding_side: str. "right" or "left". Default "right".
        truncation: str. What happens when tokens are cut: "warn" (once per layer), "error" or
            "silent". Default "warn".
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        inputs: the tokens of one example, or of a batch: list, array or tensor of rank 1 or 2,
            ragged or not.
        sequence_length: int. Overrides the layer's for this call.
        add_start_value: bool. Whether the start tokens are added. Default True.
        add_end_value: bool. Whether the end tokens are added. Default True.

    Returns:
        The packed tokens, `[batch, sequence_length]` (or `[sequence_length]` for one example), ids
        of `dtype` or strings; with `return_padding_mask` a tuple of these and a bool array of the
        same shape, True where a token is.

    Raises:
        ValueError: the special tokens alone do not fit, or tokens were cut with
            `truncation="error"`.

    Example:
        >>> packer = nlpkit.layers.StartEndPacker(sequence_length=6, start_value=1, end_value=2)
        >>> packer([[5, 6], [7]])
        array([[1, 5, 6, 2, 0, 0],
               [1, 7, 2, 0, 0, 0]], dtype=int32)
    """

    def __init__(
        self,
        sequence_length: int,
        start_value: Special = None,
        end_value: Special = None,
        pad_value: int | str | None = None,
        return_padding_mask: bool = False,
        padding_side: str = "right",
        truncation: str = "warn",
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
        self.return_padding_mask = return_padding_mask
        self._start = special_tokens(start_value, "start_value")
        self._end = special_tokens(end_value, "end_value")

    def call(
        self,
        inputs: Data,
        sequence_length: int | None = None,
        add_start_value: bool = True,
        add_end_value: bool = True,
    ) -> Any:
        length = self._length(sequence_length)
        start = self._start if add_start_value else []
        end = self._end if add_end_value else []

        def pack(rows: list[Row]) -> tuple[np.ndarray, np.ndarray]:
            return self._pack_rows(rows, length, start, end)

        dtype = "string" if is_string_tensor(inputs) else self.compute_dtype
        tokens, mask = self._map(pack, [inputs], [(dtype, (length,)), ("bool", (length,))])
        return (tokens, mask) if self.return_padding_mask else tokens

    def _pack_rows(
        self, rows: list[Row], length: int, start: list[Any], end: list[Any]
    ) -> tuple[np.ndarray, np.ndarray]:
        lengths = row_lengths(rows)
        kept = np.minimum(lengths, self._room(length, len(start) + len(end)))
        self._report(lengths - kept, length)
        sequence = self._cut(rows, lengths, kept)
        before = repeat(start, [sequence], "start_value")
        after = repeat(end, [sequence], "end_value")
        tokens, _, mask = self._pack([before, sequence, after], [0, 0, 0], length)
        return tokens, mask
