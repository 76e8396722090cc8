"""Windows of the examples of a `tf.data.Dataset`."""

from collections.abc import Iterator
from typing import Any

from nlpkit._compat import require
from nlpkit._types import Data
from nlpkit.tasks.data.batches_tensorflow import generated

tf: Any = require("tensorflow", "tf.data")


def windows_of(read: Any, dataset: Data) -> Any:
    """A dataset of batches of windows, which Python makes anew in each epoch.

    TensorFlow's tokenizers do not give offsets, of which windows are made.

    Args:
        read: `WindowReader`.
        dataset: `tf.data.Dataset` of batches of examples. Labels are what lists have, as tensors: a
            row of spans is one of a dict of ragged tensors, `start`, `end` and `label`.

    Raises:
        ValueError: the dataset is empty, or its first batch is refused.
    """

    def batches() -> Iterator[Any]:
        for batch in dataset:
            yield read(*as_rows(batch))

    first = next(batches(), None)
    if first is None:
        raise ValueError("x must contain at least one example; got none.")
    signature = tf.nest.map_structure(lambda x: tf.TensorSpec([None, *x.shape[1:]], x.dtype), first)
    return generated(batches, signature, int(dataset.cardinality()))


def as_rows(batch: Data) -> tuple[Any, ...]:
    """The columns of a batch as lists; a column of several values a row has tuples or dicts."""
    x, *rest = batch if isinstance(batch, tuple) else (batch,)
    x = values_of(x)
    if isinstance(x, dict):
        x = {name: _rows(column) for name, column in x.items()}
    return x, *(_rows(values_of(part)) for part in rest)


def values_of(part: Data) -> Any:
    """The same structure with lists of Python's values in place of tensors."""
    if isinstance(part, dict):
        return {name: values_of(each) for name, each in part.items()}
    if isinstance(part, tuple):
        return tuple(map(values_of, part))
    return _decoded(part.to_list() if isinstance(part, tf.RaggedTensor) else part.numpy().tolist())


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _rows(columns: Any) -> Any:
    if isinstance(columns, dict):
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [*zip(*columns, strict=True)] if isinstance(columns, tuple) else columns
