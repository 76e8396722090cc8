"""The terms that some language models add to their logits."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Shape, Tensor
from nlpkit.modules.calling.direct_call import DirectCall


class LogitsBias(DirectCall, Configurable, keras.layers.Layer):
    """Add a term to the logit of each token, which training leaves as it is.

    Args:
        vocabulary_size: int. Number of tokens.
        **kwargs: as for `keras.layers.Layer`.

    Call arguments:
        logits: float `[..., vocabulary_size]`.

    Returns:
        float `[..., vocabulary_size]`, of the logits' dtype.
    """

    def __init__(self, vocabulary_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size

    def build(self, input_shape: Shape) -> None:
        # A row, as checkpoints have it.
        shape = (1, self.vocabulary_size)
        self.bias = self.add_weight(name="bias", shape=shape, initializer="zeros", trainable=False)

    def call(self, logits: Tensor) -> Any:
        return logits + ops.cast(ops.squeeze(self.bias, 0), logits.dtype)
