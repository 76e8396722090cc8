"""The normalizations of the backbones: Keras' layers on PyTorch's fused kernels."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit.modules.direct_call import DirectCall, held


class LayerNormalization(DirectCall, Configurable, keras.layers.LayerNormalization):
    """`keras.layers.LayerNormalization` over the last axis (Ba et al., 2016, arXiv:1607.06450)."""

    def call(self, inputs: Any) -> Any:
        """Normalize `[..., dim]`."""
        if keras.backend.backend() != "torch":
            return super().call(inputs)
        from nlpkit.ops.normalization_torch import layer_normalization

        gamma, beta = held(self, self._tensors)
        return layer_normalization(inputs, gamma, beta, self.epsilon)

    def _tensors(self) -> tuple[Any, ...]:
        weights = (self.gamma, self.beta)
        return tuple(None if x is None else ops.convert_to_tensor(x) for x in weights)


# Files call a layer's weights by the name of its class, and another class has that name too.
class RMSNormalization(
    DirectCall, Configurable, keras.layers.RMSNormalization, registered_name="RMSNorm"
):
    """`keras.layers.RMSNormalization` over the last axis (Zhang and Sennrich, 2019, 1910.07467).

    Args:
        unit_offset: bool. Whether vectors are multiplied by 1 + `scale`, as in Gemma, which starts
            from 0.
        **kwargs: of `keras.layers.RMSNormalization`.
    """

    def __init__(self, *, unit_offset: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit_offset = unit_offset

    def build(self, input_shape: Any) -> None:
        """Make the factors."""
        self.scale = self.add_weight(
            name="scale",
            shape=(input_shape[-1],),
            initializer="zeros" if self.unit_offset else "ones",
        )
        self.built = True

    def call(self, x: Any) -> Any:
        """Normalize `[..., dim]`; the statistics are computed in float32."""
        scale = held(self, self._factors)
        if keras.backend.backend() != "torch":
            return ops.rms_normalization(x, scale=scale, axis=-1, epsilon=self.epsilon)
        from nlpkit.ops.normalization_torch import rms_normalization

        return rms_normalization(x, scale, self.epsilon)

    def _factors(self) -> Any:
        scale = ops.convert_to_tensor(self.scale)
        return scale + 1 if self.unit_offset else scale
