"""The feed-forward layer of a transformer block."""

from functools import partial
from typing import Any

import keras

from nlpkit._config import Configurable
from nlpkit._types import Activation, Initializer, Shape, Tensor
from nlpkit.modules.activation import get_activation
from nlpkit.modules.calling.direct_call import DirectCall
from nlpkit.modules.calling.seed_state import SeedState
from nlpkit.modules.dense import built_dense
from nlpkit.ops import backend


class FeedForward(SeedState, DirectCall, Configurable, keras.layers.Layer):
    """Compute `output(activation(intermediate(x)))`, two dense layers around an activation.

    With a gate it is `output(activation(gate(x)) * intermediate(x))` (Shazeer, 2020, arXiv
    2002.05202).

    Args:
        intermediate_dim: int. Intermediate size.
        activation: str or function.
        gated: bool. Whether there is a gate.
        use_bias: bool. Whether the dense layers have a bias.
        dropout: float. Dropout rate between them.
        kernel_initializer, bias_initializer: of the dense layers.
    """

    def __init__(
        self,
        intermediate_dim: int,
        *,
        activation: Activation,
        gated: bool = False,
        use_bias: bool = True,
        dropout: float = 0.0,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.intermediate_dim = intermediate_dim
        self.activation = activation
        self.gated = gated
        self.use_bias = use_bias
        self.dropout = dropout
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.supports_masking = True
        self._activation = get_activation(activation)
        self._seed = keras.random.SeedGenerator() if dropout else None

    def build(self, input_shape: Shape) -> None:
        """Make the dense layers."""
        make = partial(built_dense, self, use_bias=self.use_bias)
        self.intermediate = make("intermediate", self.intermediate_dim, input_shape)
        if self.gated:
            self.gate = make("gate", self.intermediate_dim, input_shape)
        inner_shape = (*input_shape[:-1], self.intermediate_dim)
        self.output_dense = make("output", input_shape[-1], inner_shape)

    def call(self, inputs: Tensor, *, training: bool | None = None) -> Any:
        """Map `[B, T, dim]` to `[B, T, dim]`."""
        inner = self.intermediate(inputs)
        if self.gated:
            inner = self._activation(self.gate(inputs)) * inner
        else:
            inner = self._activation(inner)
        if self.dropout and training:
            inner = backend.dropout(inner, self.dropout, self._seed)
        return self.output_dense(inner)
