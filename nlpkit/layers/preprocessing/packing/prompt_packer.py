"""PromptPacker: prompts and sources for generation, as dense rows."""

from typing import Any

import numpy as np

from nlpkit._types import Data
from nlpkit._warning import warn
from nlpkit.layers.preprocessing.packing.packer import Packer, Special, repeat, special_tokens
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.layers.preprocessing.token_rows import row_lengths
from nlpkit.ops.data.ragged import Row


class PromptPacker(Packer):
    """Add start and end tokens to prompts and pad them on one side.

    Args:
        sequence_length: int. The maximum number of tokens of a prompt, including those added.
        start_value: int or list of int. The tokens before each prompt; None for none.
        end_value: int or list of int. The tokens after each, if it is a source; None for none.
        pad_value: int. The padding of shorter rows.
        padding_side: str. "right": rows of `sequence_length`; "left": rows as long as the longest
            prompt, so that all prompts end in the last column.
        truncation: str. What happens to longer prompts: "error", or "left", which drops their first
            tokens (after the start tokens), or "right", the last; these warn.

    Call arguments:
        inputs: ids of one prompt or of a batch.

    Returns:
        The ids, and the padding mask, bool of the same shape, True = real token.

    Raises:
        ValueError: a prompt is empty and there is no start token, or it is too long with
            `truncation="error"`.
    """

    def __init__(
        self,
        sequence_length: int,
        *,
        start_value: Special,
        pad_value: int,
        padding_side: str,
        truncation: str,
        end_value: Special = None,
        **kwargs: Any,
    ) -> None:
        check_choice("truncation", truncation, ("error", "left", "right"))
        super().__init__(
            sequence_length,
            pad_value=pad_value,
            padding_side=padding_side,
            truncation="silent",
            **kwargs,
        )
        self.start_value = start_value
        self.end_value = end_value
        self.truncation = truncation
        self._start = special_tokens(start_value, "start_value")
        self._end = special_tokens(end_value, "end_value")

    def call(self, inputs: Data) -> tuple[Any, Any]:
        length = self.sequence_length if self.padding_side == "right" else None
        outputs = [(self.compute_dtype, (length,)), ("bool", (length,))]
        token_ids, padding_mask = self._map(self._pack_prompts, [inputs], outputs)
        return token_ids, padding_mask

    def _pack_prompts(self, rows: list[Row]) -> tuple[np.ndarray, np.ndarray]:
        lengths = row_lengths(rows)
        self._refuse_empty(lengths)
        added = len(self._start) + len(self._end)
        kept = np.minimum(lengths, self._room(self.sequence_length, added))
        self._report_cut(lengths, kept)
        if self.truncation != "right":
            # For a row that is kept whole, its last `kept` tokens are all of it.
            rows = [row[len(row) - size :] for row, size in zip(rows, kept.tolist(), strict=True)]
            lengths = kept
        prompt = self._cut(rows, lengths, kept)
        longest = added + int(kept.max(initial=0))
        length = self.sequence_length if self.padding_side == "right" else longest
        start = repeat(self._start, [prompt], "start_value")
        end = repeat(self._end, [prompt], "end_value")
        tokens, _, mask = self._pack([start, prompt, end], [0, 0, 0], length)
        return tokens, mask

    def _refuse_empty(self, lengths: np.ndarray) -> None:
        empty = np.flatnonzero(lengths == 0)
        if empty.size and not (self._start or self._end):
            raise ValueError(
                f"Every prompt must have at least one token; got none in prompts "
                f"{empty[:10].tolist()} of {len(lengths)}. Give some text, or use a start token."
            )

    def _report_cut(self, lengths: np.ndarray, kept: np.ndarray) -> None:
        cut = lengths - kept
        if not cut.any():
            return
        if self.truncation == "error":
            row = int(cut.argmax())
            raise ValueError(
                f"A prompt must have at most sequence_length={self.sequence_length} tokens; got "
                f"{lengths[row] + len(self._start) + len(self._end)} in prompt {row}. Shorten it, "
                'make sequence_length larger, or pass truncation="left" to keep its end.'
            )
        warn(
            f"{self.name} cut {cut.sum()} tokens on the {self.truncation} of "
            f"{np.count_nonzero(cut)} of {len(cut)} prompts to fit "
            f"sequence_length={self.sequence_length}.",
        )
