"""RMSNormalization: root mean square layer normalization."""

from typing import Any

import keras

from nlpkit._config import Configurable
from nlpkit._types import Shape


class RMSNormalization(Configurable, keras.layers.RMSNormalization):
    """Divide each vector by its root mean square, then scale it by learned factors.

    `x / sqrt(mean(x ** 2) + epsilon) * scale`, computed in float32 under every dtype policy
    (Zhang & Sennrich, 2019, arXiv:1910.07467). This is `keras.layers.RMSNormalization`; it also
    takes the `input_dim` of KerasHub's layer, which builds the layer at once.

    Args:
        input_dim: int or None. The size of the last axis; None takes it from the first call.
        axis: int or list of int. The normalized axes, which must be the last ones; must be -1 if
            `input_dim` is given.
        epsilon: float. Added to the mean square.

    Call arguments:
        x: float tensor of any shape.

    Returns:
        The normalized tensor, same shape, in the compute dtype.

    Raises:
        ValueError: `input_dim` is given with another `axis` or does not match the inputs, or
            `axis` is not their last.

    Example:
        >>> import keras
        >>> outputs = nlpkit.layers.RMSNormalization()(keras.ops.array([[3.0, -3.0]]))
        >>> keras.ops.convert_to_numpy(outputs).round(3)
        array([[ 1., -1.]], dtype=float32)
    """

    def __init__(
        self,
        input_dim: int | None = None,
        axis: int | list[int] = -1,
        epsilon: float = 1e-6,
        **kwargs: Any,
    ) -> None:
        super().__init__(axis=axis, epsilon=epsilon, **kwargs)
        self.axis: int | list[int] = axis
        self.input_dim = input_dim
        self.supports_masking = True
        if input_dim is None:
            return
        if axis not in (-1, [-1]):
            raise ValueError(
                f"input_dim is the size of the last axis, so axis must be -1; got axis={axis}."
            )
        self.input_spec = keras.layers.InputSpec(axes={-1: input_dim})
        self.build((None, input_dim))

    def build(self, input_shape: Shape) -> None:
        axis, rank = self.axis, len(input_shape)
        axes = {i % rank for i in (axis if isinstance(axis, list | tuple) else [axis])}
        if axes != set(range(rank - len(axes), rank)):
            raise ValueError(
                f"axis must be the last axes of the inputs, e.g. -1 or [-2, -1]; got axis={axis} "
                f"for inputs of shape {tuple(input_shape)}."
            )
        super().build(input_shape)
        self.axis = axis  # Keras replaces it with a list, and the configuration would change
