"""The activation functions of layers, by name."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from nlpkit._types import Activation

_OWN_ACTIVATIONS = {"gelu_tanh": partial(keras.activations.gelu, approximate=True)}


def get_activation(activation: Activation) -> Callable[[Any], Any]:
    """An activation by name: Keras' names, and "gelu_tanh" for the tanh form of GELU.

    "gelu" is the exact form, `x Φ(x)` with the normal distribution function (Hendrycks and Gimpel,
    2016, 1606.08415). The two differ by up to 5e-4.

    Raises:
        ValueError: nothing has that name.
    """
    if isinstance(activation, str) and activation in _OWN_ACTIVATIONS:
        return _OWN_ACTIVATIONS[activation]
    return keras.activations.get(activation)
