"""RandomDeletion: data augmentation by deleting tokens."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nlpkit._types import Data
from nlpkit.layers.preprocessing.random_source import check_count, choose
from nlpkit.layers.preprocessing.token_augmenter import (
    SkipToken,
    TokenAugmenter,
)
from nlpkit.ops.data.ragged import Row


class RandomDeletion(TokenAugmenter):
    """Delete tokens at random, to augment training data.

    Each token is deleted with probability `rate`, at most `max_deletions` per sequence (Wei &
    Zou, 2019, arXiv:1901.11196). Tokens may be words, characters or ids: the inputs are already
    split. Every call draws new random numbers.

    Args:
        rate: float. The probability that a token is deleted, in [0, 1].
        max_deletions: int. The maximum number of deletions per sequence. Default None: no limit.
        skip_list: list of str or int. Tokens that are never deleted. Default None.
        skip_fn: function of one token (Python str or int) that returns a bool, or a bool tensor:
            whether it is never deleted. Default None. At most one of the three may be given.
        skip_py_fn: the same as `skip_fn`. Default None.
        seed: int. Makes runs reproducible. Default None: every run differs.
        **kwargs: `name` and `dtype`.

    Call arguments:
        inputs: the tokens of one example, or of a batch: list, array or tensor of rank 1 or 2,
            ragged or not.
        rng: `numpy.random.Generator`. Replaces the layer's own generator for this call.
            Default None.

    Returns:
        The remaining tokens: a list (an array for an array) for one example, a list of these for a
        batch; inside `tf.data` a tensor of rank 1, or a ragged tensor.

    Raises:
        ValueError: `rate` is not a probability, `max_deletions` is negative, or more than one of
            the skip arguments is given.

    Example:
        >>> augment = nlpkit.layers.RandomDeletion(rate=0.4, skip_list=["not", "good"], seed=1)
        >>> augment("this is not a good film".split())
        ['this', 'not', 'a', 'good']
    """

    def __init__(
        self,
        rate: float,
        max_deletions: int | None = None,
        skip_list: Sequence[Any] | None = None,
        skip_fn: SkipToken | None = None,
        skip_py_fn: SkipToken | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            rate,
            skip_list=skip_list,
            skip_fn=skip_fn,
            skip_py_fn=skip_py_fn,
            seed=seed,
            **kwargs,
        )
        check_count("max_deletions", max_deletions)
        self.max_deletions = max_deletions

    def call(self, inputs: Data, rng: np.random.Generator | None = None) -> Any:
        def delete(rows: list[Row]) -> list[list[Row]]:
            return [self._delete(rows, self._generator(rng))]

        dtype = getattr(getattr(inputs, "dtype", None), "name", "int32")
        return self._map(delete, [inputs], [(dtype, None)])[0]

    def _delete(self, rows: list[Row], generator: np.random.Generator) -> list[Row]:
        candidates = self._candidates(rows)
        counts = self._draw_counts(candidates, self.max_deletions, generator)
        columns, valid = choose(candidates, counts, generator)
        keep = np.ones_like(candidates)
        keep[np.nonzero(valid)[0], columns[valid]] = False
        return [_select(row, kept[: len(row)]) for row, kept in zip(rows, keep, strict=True)]


def _select(row: Row, keep: np.ndarray) -> Row:
    if isinstance(row, np.ndarray):
        return row[keep]
    return [token for token, kept in zip(row, keep.tolist(), strict=True) if kept]
