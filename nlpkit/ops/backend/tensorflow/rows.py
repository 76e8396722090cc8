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
    return _taken(tf.convert_to_tensor(table), tf.convert_to_tensor(ids))


@tf.custom_gradient
def _taken(table: Tensor, ids: Tensor) -> Any:
    def gradient(upstream: Tensor) -> Any:
        rows = tf.reshape(upstream, (-1, table.shape[-1]))
        return tf.math.unsorted_segment_sum(rows, tf.reshape(ids, (-1,)), table.shape[0]), None

    return ops.take(table, ids, axis=0), gradient
