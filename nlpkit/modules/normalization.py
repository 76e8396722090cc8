"""The normalizations of the backbones: Keras' layers, by the fastest kernel of each backend."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Shape, Tensor
from nlpkit.modules.calling.direct_call import DirectCall, held
from nlpkit.ops import backend


class LayerNormalization(DirectCall, Configurable, keras.layers.LayerNormalization):
    """`keras.layers.LayerNormalization` over the last axis (Ba et al., 2016, arXiv:1607.06450)."""

    def call(self, inputs: Tensor) -> Any:
        """Normalize `[..., dim]`."""
        gamma, beta = held(self, self._tensors)
        return backend.layer_normalization(inputs, gamma, beta, self.epsilon)

    def _tensors(self) -> tuple[Any, ...]:
        weights = (self.gamma, self.beta)
        return tuple(None if x is None else ops.convert_to_tensor(x) for x in weights)


# Files call a layer's weights by the name of its class, and another class has that name too.
class RMSNormalization(
    DirectCall, Configurable, keras.layers.RMSNormalization, registered_name="RMSNorm"
):
    """`keras.layers.RMSNormalization` over the last axis (Zhang and Sennrich, 2019, 1910.07467).

    Args:
        unit_offset: bool. Whether to multiply by 1 + `scale`, as Gemma does; `scale` then starts at
            0.
        **kwargs: of `keras.layers.RMSNormalization`.
    """

    def __init__(self, *, unit_offset: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit_offset = unit_offset

    def build(self, input_shape: Shape) -> None:
        """Make the factors."""
        self.scale = self.add_weight(
            name="scale",
            shape=(input_shape[-1],),
            initializer="zeros" if self.unit_offset else "ones",
        )
        self.built = True

    def call(self, x: Tensor) -> Any:
        """Normalize `[..., dim]`; the statistics are computed in float32."""
        return backend.rms_normalization(x, held(self, self._factors), self.epsilon)

    def _factors(self) -> Any:
        scale = ops.convert_to_tensor(self.scale)
        return scale + 1 if self.unit_offset else scale
