"""RandomSwap: data augmentation by swapping tokens."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from nlpkit._types import Data
from nlpkit.layers.preprocessing.random_source import check_count
from nlpkit.layers.preprocessing.token_augmenter import (
    SkipToken,
    TokenAugmenter,
)
from nlpkit.ops.data.ragged import Row


class RandomSwap(TokenAugmenter):
    """Swap tokens at random, to augment training data.

    Each token adds a swap with probability `rate`, at most `max_swaps` per sequence. A swap
    exchanges two tokens at positions drawn with replacement, so it may undo another swap, or swap
    a token with itself (Wei & Zou, 2019, arXiv:1901.11196). Tokens may be words, characters or
    ids: the inputs are already split. Every call draws new random numbers.

    Args:
        rate: float. The probability that a token adds a swap, in [0, 1].
        max_swaps: int. The maximum number of swaps per sequence. Default None: no limit.
        skip_list: list of str or int. Tokens that are never swapped. Default None.
        skip_fn: function of one token (Python str or int) that returns a bool, or a bool tensor:
            whether it is never swapped. Default None. At most one of the three may be given.
        skip_py_fn: the same as `skip_fn`. Default None.
        seed: int. Makes runs reproducible. Default None: every run differs.
        **kwargs: `name` and `dtype`.

    Call arguments:
        inputs: the tokens of one example, or of a batch: list, array or tensor of rank 1 or 2,
            ragged or not.
        rng: `numpy.random.Generator`. Replaces the layer's own generator for this call.
            Default None.

    Returns:
        The tokens in their new order, of the type of the inputs: list, list of lists, array or
        tensor.

    Raises:
        ValueError: `rate` is not a probability, `max_swaps` is negative, or more than one of the
            skip arguments is given.

    Example:
        >>> augment = nlpkit.layers.RandomSwap(rate=0.4, max_swaps=2, seed=1)
        >>> augment("this is not a good film".split())
        ['this', 'good', 'not', 'is', 'a', 'film']
    """

    def __init__(
        self,
        rate: float,
        max_swaps: int | None = None,
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
        check_count("max_swaps", max_swaps)
        self.max_swaps = max_swaps

    def call(self, inputs: Data, rng: np.random.Generator | None = None) -> Any:
        def swap(rows: list[Row]) -> list[list[Row]]:
            return [self._swap(rows, self._generator(rng))]

        dense = hasattr(inputs, "shape") and not hasattr(inputs, "row_lengths")
        shape = tuple(inputs.shape[-1:]) if dense else None
        dtype = getattr(getattr(inputs, "dtype", None), "name", "int32")
        swapped = self._map(swap, [inputs], [(dtype, shape)])[0]
        return np.reshape(swapped, inputs.shape) if isinstance(inputs, np.ndarray) else swapped

    def _swap(self, rows: list[Row], generator: np.random.Generator) -> list[Row]:
        candidates = self._candidates(rows)
        counts = self._draw_counts(candidates, self.max_swaps, generator)
        # No swaps are drawn for rows without candidates.
        return [
            _exchange(row, generator.choice(np.flatnonzero(positions), (count, 2)) if count else ())
            for row, positions, count in zip(rows, candidates, counts, strict=True)
        ]


def _exchange(row: Row, pairs: Iterable[Sequence[int]]) -> Row:
    swapped = row.copy() if isinstance(row, np.ndarray) else list(row)
    for first, second in pairs:
        swapped[first], swapped[second] = swapped[second], swapped[first]
    return swapped
