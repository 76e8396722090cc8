"""PositionEmbedding: learned position embeddings."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Initializer, Shape, Tensor
from nlpkit.modules.dense import check_initializers
from nlpkit.ops import backend


class PositionEmbedding(Configurable, keras.Layer):
    """Look up a learned embedding of each position, as in BERT and GPT-2.

    Only the shape of the inputs is used: the result is to be added to them
    (Devlin et al., 2018, arXiv:1810.04805).

    Args:
        sequence_length: int. The number of positions in the table.
        initializer: str or `keras.initializers.Initializer`. Initial values of the table.

    Call arguments:
        inputs: float tensor `[..., seq, dim]`.
        start_index: int or int tensor. The position of the first token. Default 0.
        positions: int tensor `[batch, seq]` or `[seq]`. The position of each token; when given,
            `start_index` is not used.

    Returns:
        Float tensor of the inputs' shape.

    Raises:
        ValueError: `sequence_length` is not a positive integer, or the inputs extend past the last
            position. If `start_index` or `positions` are known only while a compiled model runs,
            this is not checked, and the result for a position past the table depends on the
            backend (NaN on JAX, an index error on PyTorch and on TensorFlow's CPU).

    Example:
        >>> import keras
        >>> tokens = keras.random.normal((2, 10, 8))
        >>> outputs = tokens + nlpkit.layers.PositionEmbedding(sequence_length=16)(tokens)
        >>> tuple(outputs.shape)
        (2, 10, 8)
    """

    def __init__(
        self, sequence_length: int, initializer: Initializer = "glorot_uniform", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(sequence_length, int) or sequence_length <= 0:
            raise ValueError(
                f"sequence_length must be a positive integer; got {sequence_length!r}."
            )
        check_initializers(initializer=initializer)
        self.sequence_length = sequence_length
        self.initializer = initializer
        self.supports_masking = True

    def build(self, inputs_shape: Shape) -> None:
        self.position_embeddings = self.add_weight(
            name="embeddings",
            shape=(self.sequence_length, inputs_shape[-1]),
            initializer=keras.initializers.get(self.initializer),
        )

    def call(self, inputs: Tensor, start_index: Tensor = 0, positions: Tensor = None) -> Any:
        table = ops.convert_to_tensor(self.position_embeddings)
        if positions is not None:
            rows = backend.take_rows(table, ops.cast(positions, "int32"))
        elif isinstance(start_index, int):
            self._check(inputs.shape[-2], start_index)
            rows = table[start_index : start_index + ops.shape(inputs)[-2]]
        else:
            rows = backend.take_rows(table, sequence_positions(ops.shape(inputs)[-2], start_index))
        return ops.broadcast_to(rows, ops.shape(inputs))

    def _check(self, length: int | None, start_index: int) -> None:
        if start_index < 0:
            raise ValueError(f"start_index must not be negative; got {start_index}.")
        if length is not None and start_index + length > self.sequence_length:
            raise ValueError(
                f"{self.name!r} has {self.sequence_length} positions (sequence_length="
                f"{self.sequence_length}), but the inputs have {length} tokens from position "
                f"{start_index} on. Shorten the inputs or use a larger sequence_length."
            )

    def compute_output_spec(
        self, inputs: Tensor, start_index: Tensor = 0, positions: Tensor = None
    ) -> keras.KerasTensor:
        if positions is None and isinstance(start_index, int):
            self._check(inputs.shape[-2], start_index)
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def compute_output_shape(self, inputs_shape: Shape) -> Any:
        return inputs_shape


def sequence_positions(length: Any, start_index: Tensor = 0) -> Any:
    """The positions `start_index, start_index + 1, ...` of a sequence, int32 `[length]`."""
    return ops.arange(length, dtype="int32") + ops.cast(start_index, "int32")
