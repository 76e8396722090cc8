"""Rows of a table of embeddings, with a gradient that sums those of a row.

TensorFlow's has an entry for each time that a row is taken. Keras' Adam squares these one by one,
so that it takes other steps than on the other backends, for every token and position that occurs
twice.
"""

from typing import Any

import tensorflow as tf
from keras import ops

from nlpkit._types import Tensor


def take_rows(table: Tensor, ids: Tensor) -> Any:
    """The rows of a table: `[N, dim]`, int `[...]` -> `[..., dim]`."""
    # The gradient of a change of shape is dense, and one to the same shape copies nothing. (A
    # `tf.custom_gradient` would keep each graph that it is in for as long as the process lives.)
    table = tf.convert_to_tensor(table)
    return ops.take(tf.reshape(table, table.shape), ids, axis=0)
