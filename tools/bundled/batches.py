"""Batches of token ids of like length, so that little is computed on padding."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

_BATCHES_SORTED_TOGETHER = 100


class LengthBatches(keras.utils.PyDataset):
    """Rows of token ids in batches of like length. `fit` takes the batches in a random order.

    Args:
        rows: list of lists of int, each with its special tokens.
        targets: array `[rows, ...]`, or None to predict.
        pad_id: int.
        batch_size: int. The most rows of a batch.
        batch_tokens: int. The most tokens of a batch, padding included.
        seed: int. Of which rows share a batch; None for ascending lengths, as suits predictions.
    """

    def __init__(
        self,
        rows: Sequence[Sequence[int]],
        targets: Any = None,
        *,
        pad_id: int,
        batch_size: int,
        batch_tokens: int,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self._rows, self._targets, self._pad_id = rows, targets, pad_id
        self._batch_size, self._batch_tokens = batch_size, batch_tokens
        self._lengths = np.array([len(row) for row in rows])
        # Drawn once: `fit` wants as many batches in every epoch.
        self.batches: list[np.ndarray] = []
        self._draw(None if seed is None else np.random.default_rng(seed))

    @property
    def num_batches(self) -> int:
        return len(self.batches)

    def _draw(self, random: np.random.Generator | None) -> None:
        """Cut ascending lengths into batches: of all rows, or of shuffled runs of them."""
        size = len(self._rows)
        order, run = np.arange(size), size
        if random is not None:
            random.shuffle(order)
            run = self._batch_size * _BATCHES_SORTED_TOGETHER
        for start in range(0, size, run):
            part = order[start : start + run]
            self._cut(part[np.argsort(self._lengths[part], kind="stable")])

    def _cut(self, ascending: np.ndarray) -> None:
        start = 0
        for end, row in enumerate(ascending):
            count = end - start
            if count == self._batch_size or (count + 1) * self._lengths[row] > self._batch_tokens:
                self.batches.append(ascending[start:end])
                start = end
        self.batches.append(ascending[start:])

    def __getitem__(self, index: int) -> Any:
        chosen = self.batches[index]
        features = pad([self._rows[i] for i in chosen], self._pad_id)
        return features if self._targets is None else (features, self._targets[chosen])


def encode(tokenizer: Any, texts: list[str], length: int) -> list[list[int]]:
    """Rows of at most `length` ids: `[CLS]`, the text, `[SEP]`."""
    start, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    return [[start, *ids[: length - 2], end] for ids in tokenizer(texts)]


def pad(rows: Sequence[Sequence[int]], pad_id: int) -> dict[str, np.ndarray]:
    """The features of a BERT from rows of ids."""
    lengths = np.array([len(row) for row in rows])
    mask = np.arange(lengths.max()) < lengths[:, None]
    token_ids = np.full(mask.shape, pad_id, "int32")
    token_ids[mask] = np.concatenate(rows)
    return {
        "token_ids": token_ids,
        "padding_mask": mask,
        "segment_ids": np.zeros(mask.shape, "int32"),
    }


def margins(classifier: Any, rows: Sequence[Sequence[int]], pad_id: int) -> np.ndarray:
    """How far the logit for "positive" is above the one for "negative", for each row."""
    batches = LengthBatches(rows, pad_id=pad_id, batch_size=128, batch_tokens=4096)
    logits = classifier.predict(batches, verbose=0).astype("float32")
    result = np.empty(len(rows), "float32")
    result[np.concatenate(batches.batches)] = logits[:, 1] - logits[:, 0]
    return result
