"""FrameEmbedding: the input of Whisper's encoder, from frames of audio."""

from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Initializer, Shape, Tensor
from nlpkit.modules.dense import built_dense
from nlpkit.modules.embedding_table import sinusoids

_SIZE = 3  # frames that a convolution sees


class FrameEmbedding(Configurable, keras.layers.Layer):
    """Two convolutions, each with a GELU, and fixed sinusoidal positions (Radford et al., 2022).

    A convolution sees three frames, the second one around every other frame. It is a dense layer on
    the frames that it sees, side by side. Letters: B batch, F frames, M features.

    Args:
        max_frames: int. Number of frames that there are positions for.
        hidden_dim: int. Size of an embedding.
        kernel_initializer, bias_initializer: of the convolutions.
    """

    def __init__(
        self,
        max_frames: int,
        hidden_dim: int,
        *,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_frames = max_frames
        self.hidden_dim = hidden_dim
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer

    def build(self, shape: Shape) -> None:
        """Make the convolutions, and positions that are not trained."""
        for name, features in (("convolution_1", shape[-1]), ("convolution_2", self.hidden_dim)):
            seen = (*shape[:-1], _SIZE * features)
            setattr(self, name, built_dense(self, name, self.hidden_dim, seen))
        self.positions = self.add_weight(
            (_half(self.max_frames), self.hidden_dim), _sinusoids, trainable=False, name="positions"
        )

    def call(self, features: Tensor) -> Any:
        """Embed frames, float `[B, F, M]`, as `[B, F / 2, dim]`, rounded up."""
        hidden = ops.gelu(self.convolution_1(_windows(features, 1)), approximate=False)
        hidden = ops.gelu(self.convolution_2(_windows(hidden, 2)), approximate=False)
        positions = ops.convert_to_tensor(self.positions)[: ops.shape(hidden)[1]]
        return hidden + ops.cast(positions, hidden.dtype)

    def compute_output_shape(self, shape: Shape) -> Any:
        """The shape for features of a shape."""
        return (shape[0], None if shape[1] is None else _half(shape[1]), self.hidden_dim)

    def compute_output_spec(self, features: Tensor) -> Any:
        """The symbolic output."""
        return keras.KerasTensor(self.compute_output_shape(features.shape), self.compute_dtype)


def _half(frames: int) -> int:
    return -(-frames // 2)


def _windows(x: Tensor, stride: int) -> Any:
    """Each frame, or every other, beside its neighbors: `[B, F, M]` to `[B, F / stride, 3 M]`."""
    padded = ops.pad(x, ((0, 0), (1, 1), (0, 0)))
    ends = (-2, -1, None)
    seen = [padded[:, i:end:stride] for i, end in enumerate(ends)]
    return ops.concatenate(seen, axis=-1)


def _sinusoids(shape: Shape, dtype: Any = None) -> Any:
    """Sinusoids of which the last has the longest wavelength: `[positions, dim]`."""
    half = shape[1] // 2
    return sinusoids(shape, np.arange(half) / max(half - 1, 1), dtype)
