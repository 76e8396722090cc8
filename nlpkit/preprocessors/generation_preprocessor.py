"""The base class of preprocessors whose models generate texts."""

from typing import Any, ClassVar

import numpy as np

from nlpkit._types import Data
from nlpkit.ops.data.ragged import to_rows
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.tokenizers.base.ids_input import without_tensors


class GenerationPreprocessor(Preprocessor):
    """A `Preprocessor` that turns generated ids back into text.

    A family's class attributes name the special tokens of its tokenizer that start a text, end it
    and pad rows, and those that end a generated one.

    Args:
        tokenizer, **kwargs: as for `Preprocessor`.
    """

    # What the names of the generated ids and of their padding mask start with.
    generated: ClassVar[str] = ""
    start_token: ClassVar[str] = "start_token"
    end_token: ClassVar[str] = "end_token"
    pad_token: ClassVar[str] = "pad_token"
    stop_tokens: ClassVar[tuple[str, ...]] = ("end_token",)

    def generate_postprocess(self, x: Data) -> Any:
        """Convert generated ids to text, without padding and special tokens.

        Args:
            x: dict of `token_ids` (`decoder_token_ids` of an encoder-decoder), of one text or of
                several (lists of different lengths, arrays, tensors), and the padding mask of the
                same shape, named likewise; without it all tokens are real.

        Returns:
            A str, or a list of them.
        """
        rows, batched = _rows(x[f"{self.generated}token_ids"])
        mask = x.get(f"{self.generated}padding_mask")
        if mask is not None:
            masks, _ = _rows(mask)
            rows = [row[mask.astype(bool)] for row, mask in zip(rows, masks, strict=True)]
        hidden = self._hidden_ids()
        shown = [row[~np.isin(row, hidden)].tolist() for row in rows]
        texts = self.tokenizer.target_tokenizer().detokenize(shown)
        return texts if batched else texts[0]

    def stop_token_ids(self) -> list[int]:
        """The ids of tokens that end a generated text."""
        return [i for i in map(self._id_or_none, self.stop_tokens) if i is not None]

    def _pad_id(self) -> int:
        pad, end = map(self._id_or_none, (self.pad_token, self.end_token))
        return pad if pad is not None else end or 0

    def _id_or_none(self, name: str) -> int | None:
        found: int | None = getattr(self.tokenizer, f"{name}_id", None)
        return found

    def _hidden_ids(self) -> list[int]:
        """The ids of tokens that are none of a text's."""
        names = (self.start_token, self.pad_token, self.end_token, *self.stop_tokens)
        own = [i for i in map(self._id_or_none, names) if i is not None]
        return [*own, *self.tokenizer.ids_without_text()]


def _rows(values: Data) -> tuple[list[np.ndarray], bool]:
    """Convert ids or a mask, of one text or of several, to arrays."""
    values = [*map(without_tensors, values)] if isinstance(values, list | tuple) else values
    rows, batched = to_rows(without_tensors(values), "token_ids and padding_mask")
    return [np.asarray(row) if len(row) else np.zeros(0, "int32") for row in rows], batched
