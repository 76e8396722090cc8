"""FNetEncoder: a transformer block with a Fourier transform in place of attention."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Activation, Initializer, Shape, Tensor
from nlpkit.modules.activation import get_activation
from nlpkit.modules.dense import built_dense, check_initializers
from nlpkit.modules.dropout import Dropout


class FNetEncoder(Configurable, keras.Layer):
    """Encode a sequence: a Fourier transform in place of attention, then a feed-forward network.

    `h = norm(x + Re(F(x)))`, `y = norm(h + dense(activation(dense(h))))`, where F is the discrete
    Fourier transform over sequence and features (Lee-Thorp et al., 2021, arXiv:2105.03824). The
    transform and its sum with the inputs are computed in float32 under every dtype policy, because
    the lowest frequency overflows float16.

    As in the paper there is no padding mask: padding is mixed in like any other token, so outputs
    depend on the amount of padding. A Keras mask of the inputs is passed on to the next layer.

    Args:
        intermediate_dim: int. The hidden size of the feed-forward network.
        dropout: float. The dropout rate for the outputs of the feed-forward network.
        activation: str or callable. The activation of the feed-forward network.
        layer_norm_epsilon: float. Added to the variance in both normalizations.
        kernel_initializer: str or `keras.initializers.Initializer`. For the dense kernels.
        bias_initializer: str or `keras.initializers.Initializer`. For the dense biases.

    Call arguments:
        inputs: float tensor `[batch, seq, dim]`.
        training: bool or None. Whether dropout is applied.

    Returns:
        Float tensor `[batch, seq, dim]`.

    Example:
        >>> import keras
        >>> encoder = nlpkit.layers.FNetEncoder(intermediate_dim=32)
        >>> tuple(encoder(keras.random.normal((2, 10, 8))).shape)
        (2, 10, 8)
    """

    def __init__(
        self,
        intermediate_dim: int,
        dropout: float = 0,
        activation: Activation = "relu",
        layer_norm_epsilon: float = 1e-5,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_initializers(kernel_initializer=kernel_initializer, bias_initializer=bias_initializer)
        get_activation(activation)
        self.intermediate_dim = intermediate_dim
        self.dropout = dropout
        self.activation = activation
        self.layer_norm_epsilon = layer_norm_epsilon
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.supports_masking = True

    def build(self, inputs_shape: Shape) -> None:
        # Keras' layer normalization takes the float32 sum as it is and returns the compute dtype.
        self._mixing_norm = self._norm("mixing_layer_norm", inputs_shape)
        self._output_norm = self._norm("output_layer_norm", inputs_shape)
        self._intermediate = built_dense(
            self,
            "intermediate_dense",
            self.intermediate_dim,
            inputs_shape,
            activation=get_activation(self.activation),
        )
        inner_shape = (*inputs_shape[:-1], self.intermediate_dim)
        self._output = built_dense(self, "output_dense", inputs_shape[-1], inner_shape)
        self._dropout = Dropout(self.dropout, dtype=self.dtype_policy, name="output_dropout")

    def _norm(self, name: str, shape: Shape) -> keras.Layer:
        norm = keras.layers.LayerNormalization(
            epsilon=self.layer_norm_epsilon, dtype=self.dtype_policy, name=name
        )
        norm.build(shape)
        return norm

    def call(self, inputs: Tensor, training: bool | None = None) -> Any:
        x = ops.cast(inputs, "float32")
        mixed = self._mixing_norm(x + ops.fft2((x, ops.zeros_like(x)))[0])
        fed = self._dropout(self._output(self._intermediate(mixed)), training=training)
        return self._output_norm(mixed + fed)

    def compute_output_shape(self, inputs_shape: Shape) -> Any:
        return inputs_shape
