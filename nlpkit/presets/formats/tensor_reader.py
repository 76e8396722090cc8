"""What opened weights have in common, whatever their format."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from nlpkit.presets.mapping.slices import Shape


class TensorReader(Protocol):
    """The tensors of a checkpoint: their shapes are known, each is read when it is asked for."""

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """The shapes of all tensors, by name."""

    def read(self, name: str) -> np.ndarray:
        """The values of a tensor."""
