"""A Fourier transform in place of attention."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Shape, Tensor


class FourierMixing(Configurable, keras.layers.Layer):
    """Compute the real part of the Fourier transform over tokens and features, in float32.

    See "FNet: Mixing Tokens with Fourier Transforms" (Lee-Thorp et al., 2021, arXiv:2105.03824).
    Padding is mixed in like all tokens. The lowest frequency would overflow float16.
    """

    def build(self, *_: Shape) -> None:
        """There are no weights."""

    def call(self, hidden: Tensor, **_: Any) -> Any:
        """Mix `[B, T, dim]`; what attention is told besides is ignored."""
        hidden = ops.cast(hidden, "float32")
        return ops.fft2((hidden, ops.zeros_like(hidden)))[0]
