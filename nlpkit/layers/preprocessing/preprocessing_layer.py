"""The base of every layer that works on strings or ids before they reach a model."""

from typing import Any

import keras

from nlpkit._config import Configurable


class PreprocessingLayer(Configurable, keras.Layer):
    """A Keras layer without weights that takes Python values, NumPy arrays or TensorFlow tensors.

    Outside `tf.data` it computes in Python and returns lists or NumPy arrays; given a TensorFlow
    tensor, eager or inside `Dataset.map`, it runs the same code and returns TensorFlow tensors.

    Args:
        dtype: str. The dtype of the ids that come out.
    """

    def __init__(self, *, dtype: str = "int32", **kwargs: Any) -> None:
        super().__init__(dtype=dtype, **kwargs)
        # Keras would turn lists of strings, and ragged lists of ids, into tensors.
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.built = True
