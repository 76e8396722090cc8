"""A convolution over the tokens of a sequence."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Initializer, Shape, Tensor
from nlpkit.modules.activation import get_activation
from nlpkit.modules.calling.seed_state import SeedState
from nlpkit.modules.dense import fresh
from nlpkit.modules.normalization import LayerNormalization
from nlpkit.ops import backend


class SequenceConvolution(SeedState, Configurable, keras.layers.Layer):
    """Compute `norm(hidden + activation(dropout(convolution(x))))`.

    What is outside of a token's own sequence counts as zero. Letters: B batch, T tokens.

    Args:
        kernel_size: int. Number of tokens that are seen, the token in the middle.
        activation: str or function.
        dropout: float. Dropout rate of the convolution's output.
        layer_norm_epsilon: float. Of the norm.
        initializer: of the kernel.
    """

    def __init__(
        self,
        kernel_size: int,
        activation: str,
        dropout: float,
        layer_norm_epsilon: float,
        *,
        initializer: Initializer = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_size = kernel_size
        self.activation = activation
        self.dropout = dropout
        self.layer_norm_epsilon = layer_norm_epsilon
        self.initializer = initializer
        self._activation = get_activation(activation)
        self._seed = keras.random.SeedGenerator() if dropout else None

    def build(self, x_shape: Shape, *_: Shape) -> None:
        """Make kernel, bias and norm."""
        width = x_shape[-1]
        shape = (self.kernel_size, width, width)
        self.kernel = self.add_weight(shape, fresh(self.initializer), name="kernel")
        self.bias = self.add_weight((width,), "zeros", name="bias")
        self.norm = LayerNormalization(
            epsilon=self.layer_norm_epsilon, dtype=self.dtype_policy, name="norm"
        )
        self.norm.build(x_shape)

    def call(
        self, x: Tensor, hidden: Tensor, sequence_ids: Tensor = None, training: bool | None = None
    ) -> Any:
        """Convolve, and add to the hidden states.

        Args:
            x: float `[B, T, dim]`, what is convolved.
            hidden: float `[B, T, dim]`, what the result is added to.
            sequence_ids: int `[B, T]`, which tokens belong together; None: a row's all do.
            training: bool. Whether to apply dropout.
        """
        half = self.kernel_size // 2
        padded = ops.pad(x, ((0, 0), (half, half), (0, 0)))
        ids = None if sequence_ids is None else ops.pad(sequence_ids, ((0, 0), (half, half)))
        update = ops.convert_to_tensor(self.bias)
        for i, kernel in enumerate(ops.unstack(ops.convert_to_tensor(self.kernel))):
            there = slice(i, i - 2 * half or None)
            seen = padded[:, there]
            if ids is not None:
                seen = ops.where((ids[:, there] == sequence_ids)[..., None], seen, 0)
            update = update + ops.matmul(seen, kernel)
        if self.dropout and training:
            update = backend.dropout(update, self.dropout, self._seed)
        return self.norm(hidden + self._activation(update))

    def compute_output_spec(self, x: Tensor, *_: Any, **__: Any) -> Any:
        """The symbolic output."""
        return keras.KerasTensor(x.shape, dtype=self.compute_dtype)
