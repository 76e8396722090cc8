"""Random number generators for layers in `tf.data` threads and `DataLoader` workers."""

import os
import random
import threading
from typing import Any

import numpy as np


class RandomSource:
    """Create independent NumPy generators from one seed.

    A forked process (a `DataLoader` worker, say) draws different numbers, derived from
    the seed and from Python's `random`, which PyTorch seeds in each worker and each epoch.

    Args:
        seed: int or None. None uses a seed from the system.
    """

    def __init__(self, seed: int | None) -> None:
        self._seed = seed
        self._start(np.random.default_rng(seed))

    def next(self) -> np.random.Generator:
        """Return a new generator, for one call."""
        if os.getpid() != self._process:
            self._start(np.random.default_rng([self._seed or 0, random.getrandbits(64)]))
        with self._lock:
            self._draws += 1
            return self._generator.spawn(1)[0]

    @property
    def draws(self) -> int:
        """The number of generators created so far; setting it resumes from there."""
        return self._draws

    @draws.setter
    def draws(self, draws: int) -> None:
        sequence = np.random.SeedSequence(self._seed, n_children_spawned=draws)
        self._start(np.random.default_rng(sequence), draws)

    def _start(self, generator: np.random.Generator, draws: int = 0) -> None:
        # The lock too: another thread may have held it while the process forked.
        self._lock = threading.Lock()
        self._generator = generator
        self._draws = draws
        self._process = os.getpid()


class SavedDraws:
    """Mix-in for layers with a `RandomSource`, placed before Keras' class.

    A file records how often a layer with a seed has drawn, so that resumed training continues as if
    it had not been interrupted. Files without this record are loaded too.
    """

    seed: int | None
    _random: RandomSource

    def save_own_variables(self, store: Any) -> None:
        """Save how often the layer has drawn."""
        if self.seed is not None:
            store["draws"] = np.array(self._random.draws, "int64")

    def load_own_variables(self, store: Any) -> None:
        """Load how often the layer has drawn."""
        if self.seed is not None and "draws" in store.keys():  # noqa: SIM118 (no mapping)
            self._random.draws = int(np.asarray(store["draws"]))


def choose(
    candidates: np.ndarray, counts: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Choose some candidates in each row, all subsets being equally likely.

    Args:
        candidates: bool array `[batch, width]`.
        counts: int array `[batch]`, at most the number of candidates of the row.
        generator: draws the random numbers.

    Returns:
        The chosen columns in ascending order, int `[batch, max(counts)]`, and which of these
        entries are valid, bool of the same shape: the first `counts` of each row.
    """
    keys = generator.random(candidates.shape, dtype="float32")
    keys[~candidates] = 2.0
    most = int(counts.max(initial=0))
    columns = np.argsort(keys, axis=1)[:, :most]
    valid = np.arange(most) < counts[:, None]
    columns[~valid] = candidates.shape[1]
    columns.sort(axis=1)
    columns[~valid] = 0
    return columns, valid


def check_rate(name: str, value: float) -> None:
    """Raise a ValueError if an argument is not a probability."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be between 0 and 1; got {value!r}.")


def check_count(name: str, value: int | None) -> None:
    """Raise a ValueError if an argument is negative."""
    if value is not None and value < 0:
        raise ValueError(f"{name} must be 0 or more, or None; got {value!r}.")
