"""The base class of layers on tokens, given as Python, NumPy or TensorFlow values."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from nlpkit._compat import is_tensorflow_value
from nlpkit._types import Data, DType
from nlpkit.layers.preprocessing.preprocessing_layer import PreprocessingLayer
from nlpkit.ops.data.ragged import Row, to_rows

# The dtype of an output inside TensorFlow, and the shape of one row of it (None: ragged).
OutputSpec = tuple[str, tuple[int | None, ...] | None]
RowFunction = Callable[..., Sequence[Any]]


class TokenLayer(PreprocessingLayer):
    """A layer whose inputs are the tokens (ids or strings) of one example or of a batch.

    Args:
        dtype: str. The dtype of the output ids; a float dtype, which would round them, is replaced
            by "int32".
    """

    def __init__(self, *, dtype: DType = "int32", **kwargs: Any) -> None:
        is_float = keras.backend.is_float_dtype(keras.dtype_policies.get(dtype).compute_dtype)
        super().__init__(dtype="int32" if is_float else dtype, **kwargs)

    def _map(
        self, function: RowFunction, inputs: Sequence[Any], outputs: Sequence[OutputSpec]
    ) -> list[Any]:
        """Apply a function of rows to inputs of any accepted kind.

        Args:
            function: takes one list of rows per input, returns one result per output: an array
                `[batch, ...]` or a list of rows.
            inputs: the tokens, all of one rank and batch size.
            outputs: what `function` returns when the inputs are TensorFlow's.
        """
        tensors = [is_tensorflow_value(x) for x in inputs]
        if all(tensors):
            from nlpkit.ops.data.ragged_tensorflow import Output, map_rows

            return map_rows(function, inputs, [Output(*output) for output in outputs])
        if any(tensors):
            raise ValueError(
                f"Either all inputs of {self.name} or none must be TensorFlow tensors; got "
                f"{', '.join(type(x).__name__ for x in inputs)}."
            )
        rows, batched = self._read(inputs)
        results = function(*rows)
        return list(results) if batched else [result[0] for result in results]

    def _read(self, inputs: Sequence[Any]) -> tuple[list[list[Row]], bool]:
        read = [to_rows(_as_list_or_array(x), "inputs") for x in inputs]
        sizes = [len(rows) if batched else "one example" for rows, batched in read]
        if len(set(sizes)) > 1:
            raise ValueError(
                f"The inputs of {self.name} must be all single examples or all batches of the "
                f"same size; got {', '.join(map(str, sizes))}."
            )
        return [rows for rows, _ in read], read[0][1]


def _as_list_or_array(x: Data) -> Any:
    # Tensors of PyTorch and JAX read as NumPy arrays.
    return np.asarray(x) if hasattr(x, "__array__") and not isinstance(x, np.ndarray) else x


def is_string_tensor(x: Data) -> bool:
    """Whether `x` is a TensorFlow tensor of strings."""
    return is_tensorflow_value(x) and x.dtype.name == "string"
