"""Text with masks: its tokens, and what a masked language model puts in their places."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.tasks.results.encoding import trimmed


@dataclass(frozen=True)
class FilledMask:
    """A token that `MaskedLM.fill` puts in a mask's place.

    Attributes:
        token: str. The token, as the vocabulary has it.
        token_id: int.
        score: float. Its probability.
        text: str. The text with it, as the tokenizer puts texts together.
    """

    token: str
    token_id: int
    score: float
    text: str


class MaskedText:
    """A text with masks, as features of one row.

    Args:
        text: str.
        preprocessor: of a masked language model.

    Attributes:
        features: dict of arrays, `mask_positions` among them.

    Raises:
        TypeError: the text is no string.
        ValueError: it has no mask, or it is too long for the model.
    """

    def __init__(self, text: str, preprocessor: Any) -> None:
        if not isinstance(text, str):
            raise TypeError(f"text must be a str; got {text!r:.80}.")
        self._tokenizer = preprocessor.tokenizer
        mask = self._tokenizer.mask_token
        *parts, last = text.split(mask)
        if not parts:
            raise ValueError(f"text must contain the mask, {mask!r}; got {text!r:.80}.")
        preprocessor.check([text])
        # The space before a mask belongs to it, as in transformers.
        rows = preprocessor.tokenizer([*(part.rstrip() for part in parts), last])
        self._ids = list(rows[0])
        for row in rows[1:]:
            self._ids += [self._tokenizer.mask_token_id, *row]
        packed = preprocessor._pack([[self._ids]])
        self.features = trimmed(packed)
        (found,) = np.nonzero(self.features["token_ids"][0] == self._tokenizer.mask_token_id)
        if len(found) != len(parts):
            raise ValueError(
                f"text has {len(parts)} masks, of which {len(found)} are within sequence_length="
                f"{preprocessor.sequence_length}; shorten it."
            )
        self.features["mask_positions"] = found[None].astype("int32")

    def fill(self, logits: np.ndarray, top_k: int) -> list[list[FilledMask]]:
        """The best tokens for each mask, from logits `[masks, vocabulary]`."""
        scores = np.exp(logits - logits.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        best = np.argsort(-scores, axis=-1, kind="stable")[:, :top_k]
        places = np.flatnonzero(np.array(self._ids) == self._tokenizer.mask_token_id)
        return [
            [self._filled(int(place), int(i), float(row[i])) for i in ids]
            for place, row, ids in zip(places, scores, best, strict=True)
        ]

    def _filled(self, place: int, token_id: int, score: float) -> FilledMask:
        ids = [*self._ids[:place], token_id, *self._ids[place + 1 :]]
        token = self._tokenizer.id_to_token(token_id)
        return FilledMask(token, token_id, score, self._tokenizer.detokenize(ids))


def check_fill(preprocessor: Preprocessor | None, top_k: int, vocabulary_size: int) -> None:
    """Raise a ValueError unless masks can be filled by so many tokens."""
    if preprocessor is None:
        raise ValueError("fill needs the model's preprocessor; it has none.")
    if not 0 < top_k <= vocabulary_size:
        raise ValueError(f"top_k must be from 1 to {vocabulary_size}; got {top_k}.")
