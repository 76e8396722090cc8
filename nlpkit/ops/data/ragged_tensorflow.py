"""Applying functions of ragged lists to TensorFlow tensors, within `tf.data` too.

The Python code that serves lists is also what runs inside a `tf.data` graph (`tf.numpy_function`),
so that ids cannot differ between the two.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from nlpkit._compat import require
from nlpkit._types import TensorFlowTensor

tf: Any = require("tensorflow", "tf.data")


class Output(NamedTuple):
    """One result of a row function.

    Attributes:
        dtype: str. A NumPy dtype, or "string".
        shape: tuple. The shape of one row; None makes the result ragged, of rank 1 a row.
    """

    dtype: str
    shape: tuple[int | None, ...] | None


def map_rows(
    function: Callable[..., Sequence[Any]], inputs: Sequence[Any], outputs: Sequence[Output]
) -> list[Any]:
    """Apply a function of lists of rows to TensorFlow tensors.

    Args:
        function: takes one list of NumPy rows per input, returns one result per output: an array
            `[batch, ...]`, or a list of rows where the output is ragged.
        inputs: tensors of rank 1 (one example) or 2 (a batch, dense or ragged), all alike.
        outputs: what `function` returns.

    Returns:
        The results as tensors, without the batch axis if the inputs had none.
    """
    batched = inputs[0].shape.rank == 2
    flat = [part for tensor in inputs for part in _values_and_lengths(tensor)]

    def run(*parts: np.ndarray) -> Sequence[Any]:
        return function(*[_split(*parts[i : i + 2]) for i in range(0, len(parts), 2)])

    return _run_in_python(run, flat, outputs, batched)


def map_entries(
    function: Callable[[np.ndarray], Any], tensor: TensorFlowTensor, output: Output
) -> Any:
    """Apply a function of a batch to every entry of a TensorFlow tensor of any rank.

    Args:
        function: takes the entries as one NumPy array of rank 1, returns one row per entry: an
            array `[entries, ...]`, or a list of rows where the output is ragged.
        tensor: dense or ragged.
        output: what `function` returns.

    Returns:
        A tensor `[*tensor.shape, *output.shape]`; its last axis is ragged if `output.shape` is
        None, and its others as they were.
    """
    if isinstance(tensor, tf.RaggedTensor):
        return tensor.with_flat_values(map_entries(function, tensor.flat_values, output))
    entries = [tf.reshape(tensor, [-1])]
    rows = _run_in_python(lambda values: [function(values)], entries, [output], True)[0]
    if tensor.shape.rank == 1:
        return rows
    return _reshape_dense(rows, tensor) if output.shape is not None else nest_rows(rows, tensor)


def _reshape_dense(rows: TensorFlowTensor, like: TensorFlowTensor) -> Any:
    dense = tf.reshape(rows, tf.concat([tf.shape(like), tf.shape(rows)[1:]], axis=0))
    dense.set_shape(like.shape.concatenate(rows.shape[1:]))
    return dense


def nest_rows(rows: TensorFlowTensor, like: TensorFlowTensor) -> Any:
    """Nest ragged rows, one per entry of `like`, as the entries are: `[*like.shape, None]`."""
    if like.shape.rank == 0:
        return rows.values
    shape = tf.shape(like, out_type=tf.int64)
    for axis in range(like.shape.rank - 1, 0, -1):
        rows = tf.RaggedTensor.from_uniform_row_length(
            rows, shape[axis], nrows=tf.reduce_prod(shape[:axis])
        )
    return rows


def _run_in_python(
    function: Callable[..., Sequence[Any]],
    inputs: Sequence[Any],
    outputs: Sequence[Output],
    batched: bool,
) -> list[Any]:
    signature = [dtype for output in outputs for dtype in _signature(output)]

    def run(*arrays: np.ndarray) -> list[np.ndarray]:
        results = zip(function(*arrays), outputs, strict=True)
        return [array for result, output in results for array in _to_arrays(result, output)]

    found = tf.numpy_function(run, inputs, signature)
    # Eagerly, TensorFlow unpacks a list of one.
    pieces = iter(found if isinstance(found, list | tuple) else [found])
    return [_to_tensor(pieces, output, batched) for output in outputs]


def _signature(output: Output) -> list[Any]:
    dtype = getattr(tf, output.dtype)
    return [dtype] if output.shape is not None else [dtype, tf.int64]


def _values_and_lengths(tensor: TensorFlowTensor) -> tuple[Any, Any]:
    if isinstance(tensor, tf.RaggedTensor):
        return tensor.flat_values, tensor.row_lengths()
    if tensor.shape.rank == 1:
        return tensor, tf.size(tensor, out_type=tf.int64)[None]
    if tensor.shape.rank == 2:
        shape = tf.shape(tensor, out_type=tf.int64)
        return tf.reshape(tensor, [-1]), tf.fill([shape[0]], shape[1])
    raise ValueError(f"A tensor of rank 1 or 2 is needed; got shape {tensor.shape}.")


def _split(values: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    ends = np.cumsum(lengths)
    return [values[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def _to_arrays(result: Any, output: Output) -> list[np.ndarray]:
    dtype = object if output.dtype == "string" else output.dtype
    if output.shape is not None:
        return [np.asarray(result, dtype)]
    splits = np.zeros(len(result) + 1, np.int64)
    np.cumsum([len(row) for row in result], out=splits[1:])
    # Much faster than an array per row, all of which would have to be concatenated.
    values = np.fromiter(chain.from_iterable(result), dtype, int(splits[-1]))
    return [values, splits]


def _to_tensor(pieces: Any, output: Output, batched: bool) -> Any:
    tensor = next(pieces)
    if output.shape is not None:
        tensor.set_shape((None, *output.shape))
        return tensor if batched else tensor[0]
    tensor.set_shape((None,))
    splits = next(pieces)
    splits.set_shape((None,))
    # Splits rather than lengths, and not validated, which would take a third of the time for short
    # texts.
    rows = tf.RaggedTensor.from_row_splits(tensor, splits, validate=False)
    return rows if batched else tensor
