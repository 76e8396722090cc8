"""Keras' dense layer, by the fastest product of each backend."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Activation, Initializer, Shape, Tensor
from nlpkit.modules.calling.direct_call import DirectCall, called_directly, held
from nlpkit.ops import backend


class Dense(DirectCall, Configurable, keras.layers.Dense):
    """`keras.layers.Dense` that computes `x kernel + bias` by the fastest kernel.

    On PyTorch Keras adds the bias in a second pass over the output: a sixth of BERT-base's forward
    pass on CPUs. LoRA and quantization work as in Keras.
    """

    def call(self, inputs: Tensor, training: bool | None = None) -> Any:
        """Map `[..., in]` to `[..., out]`."""
        tensors = held(self, self._tensors)
        outputs = backend.linear(inputs, *tensors, decoding=called_directly())
        return outputs if self.activation is None else self.activation(outputs)

    def _tensors(self) -> tuple[Any, Any]:
        bias = None if self.bias is None else ops.convert_to_tensor(self.bias)
        return ops.convert_to_tensor(self.kernel), bias


def built_dense(
    parent: keras.Layer,
    name: str,
    units: int,
    input_shape: Shape,
    *,
    use_bias: bool = True,
    activation: Activation = None,
) -> Dense:
    """A dense layer inside `parent`, with its initializers and dtype, built for `input_shape`."""
    dense = Dense(
        units,
        activation=activation,
        use_bias=use_bias,
        kernel_initializer=fresh(parent.kernel_initializer),
        bias_initializer=fresh(parent.bias_initializer),
        dtype=parent.dtype_policy,
        name=name,
    )
    dense.build(input_shape)
    return dense


def fresh(initializer: Initializer) -> Any:
    """A copy of an initializer, so that two weights do not start out equal."""
    initializer = keras.initializers.get(initializer)
    return initializer.clone() if isinstance(initializer, keras.Initializer) else initializer


def check_initializers(**given: Any) -> None:
    """Raise a ValueError that names the argument unless Keras knows each initializer."""
    for name, initializer in given.items():
        try:
            keras.initializers.get(initializer)
        except ValueError as error:
            raise ValueError(f"{name} must be an initializer; got {initializer!r}.") from error
