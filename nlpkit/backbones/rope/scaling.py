"""Scalings of rotary position embeddings, for sequences longer than those of pre-training.

R is the number of rotated features of a head, in R / 2 pairs. Every scaling has

- `frequencies(rotary_dim, max_wavelength)`: radians per position of each pair, float32 `[R / 2]`;
- `attention_factor`: what the cosines and sines are multiplied by.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nlpkit.ops.rotary import (
    divided_frequencies,
    linear_frequencies,
    llama3_frequencies,
    yarn_frequencies,
)


@dataclass(frozen=True)
class LinearScaling:
    """All angles are divided by `factor` (Chen et al., 2023, arXiv:2306.15595)."""

    factor: float
    attention_factor: ClassVar[float] = 1.0

    def frequencies(self, rotary_dim: int, max_wavelength: float) -> np.ndarray:
        """Radians per position of each pair, `[R / 2]`."""
        return linear_frequencies(rotary_dim, max_wavelength, self.factor)


@dataclass(frozen=True)
class Llama3Scaling:
    """The angles of slow pairs are divided by `factor`, as in Llama 3.1.

    Attributes:
        factor: how many times longer sequences may get.
        low_frequency_factor: pairs with fewer turns in pre-training are slowed in full.
        high_frequency_factor: pairs with more turns in pre-training stay as they are.
        original_length: positions of the sequences of pre-training.
    """

    factor: float
    low_frequency_factor: float
    high_frequency_factor: float
    original_length: int
    attention_factor: ClassVar[float] = 1.0

    def frequencies(self, rotary_dim: int, max_wavelength: float) -> np.ndarray:
        """Radians per position of each pair, `[R / 2]`."""
        return llama3_frequencies(
            rotary_dim,
            max_wavelength,
            self.factor,
            self.low_frequency_factor,
            self.high_frequency_factor,
            self.original_length,
        )


@dataclass(frozen=True)
class YarnScaling:
    """The angles of slow pairs are divided by `factor` (YaRN; Peng et al., 2023, 2309.00071).

    Attributes:
        factor: how many times longer sequences may get.
        original_length: positions of the sequences of pre-training.
        attention_factor: what cosines and sines are multiplied by.
        beta_fast: pairs with more turns in pre-training stay as they are.
        beta_slow: pairs with fewer turns in pre-training are slowed in full.
        truncate: whether the range between the two is widened to whole pairs.
    """

    factor: float
    original_length: int
    attention_factor: float
    beta_fast: float = 32.0
    beta_slow: float = 1.0
    truncate: bool = True

    def frequencies(self, rotary_dim: int, max_wavelength: float) -> np.ndarray:
        """Radians per position of each pair, `[R / 2]`."""
        return yarn_frequencies(
            rotary_dim,
            max_wavelength,
            self.factor,
            self.beta_fast,
            self.beta_slow,
            self.original_length,
            self.truncate,
        )


@dataclass(frozen=True)
class LongRopeScaling:
    """Each pair is slowed by its own factor, another one in long sequences (arXiv:2402.13753).

    Attributes:
        short_factor: R / 2 numbers, for sequences of at most `original_length` positions.
        long_factor: R / 2 numbers, for longer ones.
        original_length: positions of the sequences of pre-training.
        attention_factor: what cosines and sines are multiplied by, at every length.
    """

    short_factor: tuple[float, ...]
    long_factor: tuple[float, ...]
    original_length: int
    attention_factor: float

    def frequencies(self, rotary_dim: int, max_wavelength: float) -> np.ndarray:
        """Radians per position of each pair, `[2, R / 2]`: in short and in long sequences."""
        factors = (self.short_factor, self.long_factor)
        return np.stack([divided_frequencies(rotary_dim, max_wavelength, f) for f in factors])


RopeScaling = LinearScaling | Llama3Scaling | YarnScaling | LongRopeScaling
