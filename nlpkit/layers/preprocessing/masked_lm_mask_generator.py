"""MaskedLMMaskGenerator: random masking for masked language modeling."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nlpkit._types import Data
from nlpkit.layers.preprocessing.random_source import (
    RandomSource,
    SavedDraws,
    check_count,
    check_rate,
    choose,
)
from nlpkit.layers.preprocessing.token_layer import TokenLayer
from nlpkit.layers.preprocessing.token_rows import to_dense
from nlpkit.ops.data.ragged import Row


class MaskedLMMaskGenerator(SavedDraws, TokenLayer):
    """Mask randomly selected tokens of each sequence, as in BERT's pretraining.

    Of the `n` selectable tokens of a sequence, `ceil(n * mask_selection_rate)` are selected, at
    most `mask_selection_length`. Each selected token is replaced by the mask token or by a random
    token of the vocabulary, or left unchanged (Devlin et al., 2018, arXiv:1810.04805). Every call
    draws new random numbers. In Python it takes lists and NumPy arrays; inside `tf.data` it takes
    dense or ragged tensors and returns tensors.

    Args:
        vocabulary_size: int. Random tokens are drawn from `[0, vocabulary_size)`.
        mask_selection_rate: float. The fraction of the selectable tokens to select, in [0, 1].
        mask_token_id: int. The id of the mask token.
        mask_selection_length: int. The maximum number of tokens selected in a sequence, and the
            length to which `mask_positions`, `mask_ids` and `mask_weights` are padded. By default
            there is no limit, and these are ragged.
        unselectable_token_ids: sequence of int. Ids that are never selected, such as those of
            special tokens. Default (0,), the usual padding id.
        mask_token_rate: float. The probability that a selected token becomes the mask token.
            Default 0.8.
        random_token_rate: float. The probability that it becomes a random token. Default 0.1.
        seed: int. Makes runs reproducible. Default None: every run differs.
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        inputs: the ids of one example, or of a batch: list, array or tensor of rank 1 or 2, ragged
            or not.

    Returns:
        A dict of `token_ids`, masked, in the shape of the inputs (a list of lists for a list of
        lists); `mask_positions`, the selected positions in ascending order; `mask_ids`, the
        original ids at these positions; both of `dtype`, `[batch, mask_selection_length]`, padded
        with 0; and `mask_weights`, float32 of the same shape: 1 for a selected token, 0 for
        padding. Without `mask_selection_length` these three are lists of lists (ragged tensors in
        `tf.data`).

    Raises:
        ValueError: a rate is not a probability, both rates sum to more than 1, or `mask_token_id`
            is outside the vocabulary.

    Example:
        >>> masker = nlpkit.layers.MaskedLMMaskGenerator(
        ...     vocabulary_size=10, mask_selection_rate=0.2, mask_token_id=3,
        ...     mask_selection_length=2,
        ... )
        >>> masker([[4, 5, 6, 7, 8, 9], [4, 5, 6, 0, 0, 0]])["mask_weights"]
        array([[1., 1.],
               [1., 0.]], dtype=float32)
    """

    def __init__(
        self,
        vocabulary_size: int,
        mask_selection_rate: float,
        mask_token_id: int,
        mask_selection_length: int | None = None,
        unselectable_token_ids: Sequence[int] | None = (0,),
        mask_token_rate: float = 0.8,
        random_token_rate: float = 0.1,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_rate("mask_selection_rate", mask_selection_rate)
        check_rate("mask_token_rate", mask_token_rate)
        check_rate("random_token_rate", random_token_rate)
        if mask_token_rate + random_token_rate > 1 + 1e-9:
            raise ValueError(
                "mask_token_rate and random_token_rate must sum to at most 1; got "
                f"{mask_token_rate} and {random_token_rate}."
            )
        if not 0 <= mask_token_id < vocabulary_size:
            raise ValueError(
                f"mask_token_id must be in [0, vocabulary_size); got {mask_token_id} with "
                f"vocabulary_size={vocabulary_size}."
            )
        check_count("mask_selection_length", mask_selection_length)
        self.vocabulary_size = vocabulary_size
        self.mask_selection_rate = mask_selection_rate
        self.mask_token_id = mask_token_id
        self.mask_selection_length = mask_selection_length
        self.unselectable_token_ids = unselectable_token_ids
        self.mask_token_rate = mask_token_rate
        self.random_token_rate = random_token_rate
        self.seed = seed
        self._random = RandomSource(seed)

    def call(self, inputs: Data) -> dict[str, Any]:
        dense = hasattr(inputs, "shape") and not hasattr(inputs, "row_lengths")
        size = self.mask_selection_length
        selection = None if size is None else (size,)
        ids = self.compute_dtype
        outputs = [
            (ids, tuple(inputs.shape[-1:]) if dense else None),
            (ids, selection),
            (ids, selection),
            ("float32", selection),
        ]
        names = ("token_ids", "mask_positions", "mask_ids", "mask_weights")
        results = dict(zip(names, self._map(self._mask_rows, [inputs], outputs), strict=True))
        if isinstance(results["token_ids"], list) and dense:
            results["token_ids"] = np.reshape(results["token_ids"], inputs.shape).astype(ids)
        return {name: _as_lists(x) for name, x in results.items()}

    def _mask_rows(self, rows: list[Row]) -> list[Any]:
        ids, real = to_dense(rows)
        generator = self._random.next()
        positions, valid = choose(*self._selection(ids, real), generator)
        original = np.take_along_axis(ids, positions, axis=1)
        masked = ids.astype(self.compute_dtype)
        masked[np.nonzero(valid)[0], positions[valid]] = self._replace(original[valid], generator)
        token_ids = [row[: len(given)] for row, given in zip(masked, rows, strict=True)]
        selected = [positions, np.where(valid, original, 0), valid]
        dtypes = [self.compute_dtype, self.compute_dtype, "float32"]
        return [token_ids] + [
            self._shape(array.astype(dtype), valid.sum(axis=1))
            for array, dtype in zip(selected, dtypes, strict=True)
        ]

    def _selection(self, ids: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Selectable tokens, bool `[batch, length]`, and the number to select, `[batch]`."""
        selectable = real & ~np.isin(ids, np.array(self.unselectable_token_ids or (), "int64"))
        # Rounded, so that 100 tokens at a rate of 0.07 give 7 although the product is 7.000000001.
        counts = np.ceil(np.round(selectable.sum(axis=1) * self.mask_selection_rate, 6))
        limit = math.inf if self.mask_selection_length is None else self.mask_selection_length
        return selectable, np.minimum(counts, limit).astype(int)

    def _replace(self, ids: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        draws = generator.random(ids.shape)
        random_ids = generator.integers(0, self.vocabulary_size, ids.shape)
        changed = np.where(draws < self.mask_token_rate + self.random_token_rate, random_ids, ids)
        return np.where(draws < self.mask_token_rate, self.mask_token_id, changed)

    def _shape(self, selected: np.ndarray, counts: np.ndarray) -> np.ndarray | list[np.ndarray]:
        """Pad to `mask_selection_length`, or make ragged."""
        if self.mask_selection_length is None:
            return [row[:count] for row, count in zip(selected, counts, strict=True)]
        width = self.mask_selection_length - selected.shape[1]
        return np.pad(selected, [(0, 0), (0, width)])


def _as_lists(rows: object) -> Any:
    """Convert ragged rows to lists, as a tokenizer returns them; leave dense ones unchanged."""
    return [row.tolist() for row in rows] if isinstance(rows, list) else rows
