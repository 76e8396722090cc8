"""Keras' dropout layer, with cheaper random numbers on JAX."""

from typing import Any

import keras

from nlpkit._config import Configurable
from nlpkit._types import Tensor
from nlpkit.modules.calling.direct_call import DirectCall
from nlpkit.modules.calling.seed_state import SeedState
from nlpkit.ops import backend


class Dropout(SeedState, DirectCall, Configurable, keras.layers.Dropout):
    """`keras.layers.Dropout` that draws its random numbers by `nlpkit.ops.backend`."""

    def call(self, inputs: Tensor, training: bool = False) -> Any:
        """Drop entries of `inputs` in training."""
        if not training or not self.rate:
            return inputs
        return backend.dropout(inputs, self.rate, self.seed_generator)
