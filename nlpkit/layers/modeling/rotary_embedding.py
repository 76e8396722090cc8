"""RotaryEmbedding: positions as rotations of pairs of features."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit.layers.modeling.position_embedding import sequence_positions
from nlpkit.ops.rotary import apply_rotary, inverse_frequencies, rotary_angles


class RotaryEmbedding(Configurable, keras.Layer):
    """Rotate the features of queries or keys by an angle that grows with their position.

    Feature i and feature i + d/2 of a token at position p make a pair that is turned by
    `p / scaling_factor * max_wavelength ** (-2i / d)` radians, so that the product of a query and
    a key depends on their distance only (Su et al., 2021, arXiv:2104.09864). The paper pairs
    neighbouring features; pairing the halves, as Llama and GPT-NeoX do, is the same rotation with
    the features in another order. Angles are computed in float32 under every dtype policy.

    Args:
        max_wavelength: float. The base of the geometric progression of frequencies.
        scaling_factor: float. Positions are divided by it ("linear" scaling).
        sequence_axis: int. The axis of the tokens.
        feature_axis: int. The axis of the features; its size must be even.

    Call arguments:
        inputs: float tensor with a batch on axis 0, e.g. `[batch, seq, dim]` or
            `[batch, seq, heads, dim]`.
        start_index: int or int tensor. The position of the first token. Defaults to 0.
        positions: int tensor `[batch, seq]` or `[seq]`. The position of each token; when given,
            `start_index` is not used.

    Returns:
        The rotated inputs, same shape and dtype.

    Raises:
        ValueError: the feature axis is odd or unknown, or the two axes are one.

    Example:
    ```python
    query = keras.random.normal((2, 16, 4, 64))  # batch, seq, heads, dim
    rotated = nlpkit.layers.RotaryEmbedding()(query)
    ```
    """

    def __init__(
        self,
        max_wavelength: float = 10000,
        scaling_factor: float = 1.0,
        *,
        sequence_axis: int = 1,
        feature_axis: int = -1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_wavelength = max_wavelength
        self.scaling_factor = scaling_factor
        self.sequence_axis = sequence_axis
        self.feature_axis = feature_axis
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, start_index: Any = 0, positions: Any = None) -> Any:
        axes = self._axes(len(inputs.shape))
        x = ops.moveaxis(inputs, axes, (1, -1))  # B T ... D
        if x.shape[-1] is None:
            raise ValueError(
                f"The size of the feature axis must be known; got inputs of shape "
                f"{tuple(inputs.shape)} with feature_axis={self.feature_axis}."
            )
        if positions is None:
            positions = sequence_positions(ops.shape(x)[1], start_index)
        frequencies = inverse_frequencies(x.shape[-1], self.max_wavelength) / self.scaling_factor
        angles = rotary_angles(positions, frequencies)
        cos = ops.cast(ops.cos(angles), self.compute_dtype)
        sin = ops.cast(ops.sin(angles), self.compute_dtype)
        return ops.moveaxis(apply_rotary(x, cos, sin), (1, -1), axes)

    def _axes(self, rank: int) -> tuple[int, int]:
        given = (self.sequence_axis, self.feature_axis)
        sequence, feature = (axis + rank if axis < 0 else axis for axis in given)
        if not (0 < sequence < rank and 0 < feature < rank and sequence != feature):
            raise ValueError(
                f"sequence_axis and feature_axis must be two axes of the inputs other than the "
                f"batch; got sequence_axis={given[0]}, feature_axis={given[1]} for inputs of rank "
                f"{rank}."
            )
        return sequence, feature

    def compute_output_shape(self, inputs_shape: Any) -> Any:
        return inputs_shape
