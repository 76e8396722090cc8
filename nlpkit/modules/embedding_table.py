"""The embeddings of positions and segments."""

from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Shape, Tensor
from nlpkit.modules.calling.direct_call import DirectCall
from nlpkit.ops import backend


class Table(DirectCall, Configurable, keras.layers.Embedding):
    """`keras.layers.Embedding` that trains alike on every backend."""

    def call(self, inputs: Tensor) -> Any:
        """Look up ids, int `[...]`."""
        return embedded(self, inputs)


class SinusoidTable(DirectCall, Configurable, keras.layers.Layer):
    """Positions as sines, then cosines (Vaswani et al., 2017, arXiv:1706.03762), not trained.

    Args:
        rows: int. Number of positions.
        hidden_dim: int. Size of an embedding. Feature i is the sine of `position / 10000 ** (2 i /
            hidden_dim)`, and that with as many features as there are sines before it the cosine.
    """

    def __init__(self, rows: int, hidden_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows = rows
        self.hidden_dim = hidden_dim

    def build(self, shape: Shape) -> None:
        """Make the table."""
        size = (self.rows, self.hidden_dim)
        self.embeddings = self.add_weight(size, _usual, trainable=False, name="embeddings")

    def call(self, inputs: Tensor) -> Any:
        """Look up positions, int `[...]`."""
        return embedded(self, inputs)

    def compute_output_spec(self, inputs: Tensor) -> Any:
        """The symbolic output."""
        return keras.KerasTensor((*inputs.shape, self.hidden_dim), self.compute_dtype)


def _usual(shape: Shape, dtype: Any = None) -> Any:
    return sinusoids(shape, np.arange(0, shape[1], 2) / shape[1], dtype)


def sinusoids(shape: Shape, exponents: np.ndarray, dtype: Any = None) -> Any:
    """Sines, then cosines, of positions divided by powers of 10,000: a table of a shape."""
    rows, width = shape
    angles = np.arange(rows)[:, None] * 10_000.0**-exponents
    waves = np.concatenate([np.sin(angles), np.cos(angles[:, : width // 2])], axis=1)
    return ops.convert_to_tensor(waves, dtype=dtype)


def embedded(layer: Any, ids: Tensor) -> Any:
    """The embeddings `[..., dim]` of ids, in the layer's compute dtype."""
    table = ops.convert_to_tensor(layer.embeddings)
    return ops.cast(backend.take_rows(table, ops.cast(ids, "int32")), layer.compute_dtype)
