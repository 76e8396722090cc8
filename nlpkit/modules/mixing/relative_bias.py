"""Learned biases of attention scores by the distance of query and key."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Initializer, Shape, Tensor
from nlpkit.modules.calling.direct_call import DirectCall
from nlpkit.modules.embedding_table import Table


class RelativeBias(DirectCall, Configurable, keras.layers.Layer):
    """Look up what is added to the scores of each head, by bucket of distance.

    See "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer" (Raffel
    et al., 2019, arXiv:1910.10683). Letters: B batch, T queries, S keys, H heads.

    Args:
        num_heads: int. Number H of heads.
        num_buckets: int. Number of biases of a head.
        max_distance: int. Distance from which all share a bucket.
        bidirectional: bool. Whether half of the buckets are for keys later than the query;
            otherwise these are at the distance 0.
        initializer: of the biases.
    """

    def __init__(
        self,
        num_heads: int,
        num_buckets: int,
        max_distance: int,
        bidirectional: bool,
        *,
        initializer: Initializer = "uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.num_buckets = num_buckets
        self.max_distance = max_distance
        self.bidirectional = bidirectional
        self.initializer = initializer
        self._buckets = distance_buckets(num_buckets, max_distance, bidirectional)

    def build(self, *_: Shape) -> None:
        """Make the table."""
        self.table = Table(
            self.num_buckets,
            self.num_heads,
            embeddings_initializer=self.initializer,
            dtype=self.dtype_policy,
            name="table",
        )
        self.table.build()

    def call(self, query_positions: Tensor, key_positions: Tensor) -> Any:
        """The biases, float `[B, H, T, S]`.

        Args:
            query_positions: int `[B, T]`.
            key_positions: int `[B, S]`.
        """
        buckets = look_up_distances(self._buckets, query_positions, key_positions)  # B T S
        return ops.transpose(self.table(buckets), (0, 3, 1, 2))

    def compute_output_spec(self, query_positions: Tensor, key_positions: Tensor) -> Any:
        """The symbolic biases."""
        (batch, queries), keys = query_positions.shape, key_positions.shape[1]
        return keras.KerasTensor((batch, self.num_heads, queries, keys), dtype=self.compute_dtype)


def look_up_distances(table: np.ndarray, query_positions: Tensor, key_positions: Tensor) -> Any:
    """Entries of a table for the distances from `-m` to `m`, which ends farther ones: `[B, T, S]`.

    Args:
        table: int `[2m + 1]`.
        query_positions: int `[B, T]`.
        key_positions: int `[B, S]`.
    """
    most = len(table) // 2
    distances = key_positions[:, None, :] - query_positions[:, :, None]
    return ops.take(ops.convert_to_tensor(table), ops.clip(distances, -most, most) + most)


def distance_buckets(num_buckets: int, max_distance: int, bidirectional: bool) -> np.ndarray:
    """The bucket of each distance of a key from `-max_distance` to `max_distance`, int32.

    Half of the buckets hold one distance each, the others grow by a constant factor. Computed in
    float32, as in the models' own code, on which the borders depend.

    Args:
        num_buckets, max_distance, bidirectional: see `RelativeBias`.

    Raises:
        ValueError: no distance is left for the buckets that grow.
    """
    distances = np.arange(-max_distance, max_distance + 1)
    count = num_buckets // 2 if bidirectional else num_buckets
    backward = np.abs(distances) if bidirectional else np.maximum(-distances, 0)
    exact = count // 2
    if max_distance <= exact:
        raise ValueError(
            f"max_distance must be more than {exact} if num_buckets is {num_buckets}; got "
            f"{max_distance}."
        )
    ratio = np.maximum(backward, exact).astype("float32") / np.float32(exact)
    grown = np.log(ratio) / np.float32(math.log(max_distance / exact)) * np.float32(count - exact)
    wide = np.minimum(exact + grown.astype("int32"), count - 1)
    later = count * (distances > 0) if bidirectional else 0
    return (np.where(backward < exact, backward, wide) + later).astype("int32")
