"""Pooling of hidden states, as a layer."""

from typing import Any

import keras

from nlpkit._config import Configurable
from nlpkit._types import Shape, Tensor
from nlpkit.ops.pooling import pool


class Pooling(Configurable, keras.layers.Layer):
    """Pool the hidden states of each text's tokens; see `nlpkit.ops.pooling.pool`.

    Args:
        pooling: str. "first", "last", "mean" or "max".
    """

    def __init__(self, pooling: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pooling = pooling

    def call(self, hidden: Tensor, padding_mask: Tensor) -> Any:
        """Pool `[B, T, dim]` to `[B, dim]`; `padding_mask` is bool `[B, T]`."""
        return pool(hidden, padding_mask, self.pooling)

    def compute_output_shape(self, hidden_shape: Shape, *_: Any) -> Any:
        """The shape without the tokens."""
        return (hidden_shape[0], hidden_shape[2])
