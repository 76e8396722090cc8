"""The base class of layers that augment data by changing random tokens."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nlpkit.layers.preprocessing.random_source import RandomSource, SavedDraws, check_rate
from nlpkit.layers.preprocessing.token_layer import TokenLayer
from nlpkit.ops.data.ragged import Row

SkipToken = Callable[[Any], Any]


class TokenAugmenter(SavedDraws, TokenLayer):
    """The base class of layers that change tokens at random.

    Args:
        rate: float. The probability that a token is changed.
        skip_list: list of tokens that are never changed.
        skip_fn, skip_py_fn: functions of one token.
        seed: int or None.
    """

    def __init__(
        self,
        rate: float,
        *,
        skip_list: Sequence[Any] | None,
        skip_fn: SkipToken | None,
        skip_py_fn: SkipToken | None,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_rate("rate", rate)
        skips = {"skip_list": skip_list, "skip_fn": skip_fn, "skip_py_fn": skip_py_fn}
        given = [name for name, value in skips.items() if value is not None]
        if len(given) > 1:
            raise ValueError(
                f"At most one of skip_list, skip_fn and skip_py_fn may be given; got "
                f"{' and '.join(given)}."
            )
        self.rate = rate
        self.skip_list = skip_list
        self.skip_fn = skip_fn
        self.skip_py_fn = skip_py_fn
        self.seed = seed
        self._skipped = frozenset(map(_as_text, skip_list or ()))
        self._random = RandomSource(seed)

    def _generator(self, rng: np.random.Generator | None) -> np.random.Generator:
        return self._random.next() if rng is None else rng

    def _candidates(self, rows: list[Row]) -> np.ndarray:
        """The tokens that may be changed, bool `[batch, longest]`."""
        candidates = np.zeros((len(rows), max(map(len, rows), default=0)), bool)
        for target, row in zip(candidates, rows, strict=True):
            target[: len(row)] = self._may_touch(row)
        return candidates

    def _may_touch(self, row: Row) -> np.ndarray | bool:
        if self._skipped:
            return np.array([token not in self._skipped for token in _as_python(row)], bool)
        skip = self.skip_fn or self.skip_py_fn
        return True if skip is None else np.array([not skip(t) for t in _as_python(row)], bool)

    def _draw_counts(
        self, candidates: np.ndarray, most: int | None, generator: np.random.Generator
    ) -> np.ndarray:
        """Draw how many tokens are changed, `[batch]`, as if each were drawn at `rate`."""
        counts = generator.binomial(candidates.sum(axis=1), self.rate)
        return counts if most is None else np.minimum(counts, most)


def _as_python(row: Row) -> list[Any]:
    """Tokens as Python values, as in a user's list; inside TensorFlow strings are bytes."""
    return [_as_text(token) for token in (row.tolist() if isinstance(row, np.ndarray) else row)]


def _as_text(token: object) -> Any:
    return token.decode() if isinstance(token, bytes) else token
