"""SinePositionEncoding: sinusoidal position encodings."""

from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Shape, Tensor
from nlpkit.layers.modeling.position_embedding import sequence_positions


class SinePositionEncoding(Configurable, keras.Layer):
    """Encode positions as sines and cosines of geometrically growing wavelengths.

    Feature 2i of position p is `sin(p * max_wavelength ** (-2i / dim))` and feature 2i + 1 the
    cosine of the same angle (Vaswani et al., 2017, arXiv:1706.03762). Only the shape of the inputs
    is used: the result is to be added to them. Angles are computed in float32 under every dtype
    policy, so that late positions remain distinct in half precision.

    Args:
        max_wavelength: float. The longest wavelength is 2 pi times this.

    Call arguments:
        inputs: float tensor `[..., seq, dim]`.
        start_index: int or int tensor. The position of the first token. Default 0.
        positions: int tensor `[batch, seq]` or `[seq]`. The position of each token; when given,
            `start_index` is not used.

    Returns:
        Float tensor of the inputs' shape.

    Example:
        >>> import keras
        >>> encoding = nlpkit.layers.SinePositionEncoding()(keras.ops.zeros((1, 10, 4)))
        >>> keras.ops.convert_to_numpy(encoding)[0, 0]
        array([0., 1., 0., 1.], dtype=float32)
    """

    def __init__(self, max_wavelength: float = 10000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_wavelength = max_wavelength
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Tensor, start_index: Tensor = 0, positions: Tensor = None) -> Any:
        if positions is None:
            positions = sequence_positions(ops.shape(inputs)[-2], start_index)
        positions = ops.expand_dims(ops.cast(positions, "float32"), -1)
        frequencies, cosines = self._waves(inputs.shape[-1])
        angles = positions * ops.convert_to_tensor(frequencies)
        waves = ops.where(ops.convert_to_tensor(cosines), ops.cos(angles), ops.sin(angles))
        return ops.broadcast_to(ops.cast(waves, self.compute_dtype), ops.shape(inputs))

    def _waves(self, dim: int) -> tuple[np.ndarray, np.ndarray]:
        """The frequency of each feature, and whether it is a cosine."""
        features = np.arange(dim)
        frequencies = float(self.max_wavelength) ** (-(features - features % 2) / dim)
        return frequencies.astype("float32"), features % 2 == 1

    def compute_output_shape(self, inputs_shape: Shape) -> Any:
        return inputs_shape
