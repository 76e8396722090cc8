"""Attention to content and distance apart.

See "DeBERTa: Decoding-enhanced BERT with Disentangled Attention" (He et al., 2020,
arXiv:2006.03654). Letters: B batch, T queries, S keys, H heads, D head size, P distances.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Initializer, Shape, Tensor
from nlpkit.modules.dense import built_dense, fresh
from nlpkit.modules.mixing.attention import Attention
from nlpkit.modules.mixing.relative_bias import look_up_distances
from nlpkit.modules.normalization import LayerNormalization
from nlpkit.ops import backend


class DisentangledAttention(Attention):
    """`Attention` whose scores also compare queries and keys with embeddings of their distance.

    Its `bias` is what `RelativeEmbedding` returns.

    Args:
        terms: list of str. What is added to the products of queries and keys: "c2p", of queries
            with projected embeddings, "p2c", of projected embeddings with keys, or both.
        shared: bool. Whether the projections of embeddings are those of keys and queries.
        position_dropout: float. Dropout rate of the embeddings.
        **kwargs: the other arguments of `Attention`.
    """

    def __init__(
        self,
        num_heads: int,
        num_key_value_heads: int,
        head_dim: int,
        *,
        terms: tuple[str, ...],
        shared: bool,
        position_dropout: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_heads, num_key_value_heads, head_dim, **kwargs)
        self.terms = terms
        self.shared = shared
        self.position_dropout = position_dropout
        self._position_seed = keras.random.SeedGenerator() if position_dropout else None

    def build(self, hidden_shape: Shape, context_shape: Shape = None) -> None:
        """Make the projections."""
        super().build(hidden_shape, context_shape)
        width = self.num_heads * self.head_dim
        self.position_key, self.position_query = self.key, self.query
        if not self.shared and "c2p" in self.terms:
            self.position_key = built_dense(self, "position_key", width, hidden_shape)
        if not self.shared and "p2c" in self.terms:
            self.position_query = built_dense(self, "position_query", width, hidden_shape)

    def _score_bias(self, query: Tensor, key: Tensor, bias: Any, training: bool | None) -> Any:
        embeddings, distances = bias  # P dim, B T S
        if self.position_dropout and training:
            embeddings = backend.dropout(embeddings, self.position_dropout, self._position_seed)
        scores = 0.0
        if "c2p" in self.terms:
            keys = self._of_positions(self.position_key(embeddings))
            products = ops.einsum("bthd,phd->bhtp", query, keys)
            scores = scores + look_up_products(products, distances)
        if "p2c" in self.terms:
            queries = self._of_positions(self.position_query(embeddings))
            products = ops.einsum("bshd,phd->bhsp", key, queries)
            found = look_up_products(products, ops.transpose(distances, (0, 2, 1)))  # B H S T
            scores = scores + ops.transpose(found, (0, 1, 3, 2))
        return scores * self.scale

    def _of_positions(self, projected: Tensor) -> Any:
        return backend.split_heads(projected[None], self.num_heads, self.head_dim)[0]  # P H D


class RelativeEmbedding(Configurable, keras.layers.Layer):
    """Embeddings of distances, and which one is that of each query and key.

    Args:
        hidden_dim: int. Size of the embeddings.
        bucket_size: int or None. Number P / 2 of buckets of distances each way, of which the
            nearer half holds one distance each; None for `max_distance`, each with its own.
        max_distance: int. Distance from which all share a bucket.
        layer_norm_epsilon: float or None. Of a normalization of the embeddings; None for none.
        initializer: of the embeddings.
    """

    def __init__(
        self,
        hidden_dim: int,
        bucket_size: int | None,
        max_distance: int,
        layer_norm_epsilon: float | None,
        *,
        initializer: Initializer = "uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim
        self.bucket_size = bucket_size
        self.max_distance = max_distance
        self.layer_norm_epsilon = layer_norm_epsilon
        self.initializer = initializer
        self._span = bucket_size or max_distance
        self._rows = rows_of_distances(bucket_size, max_distance)

    def build(self, *_: Shape) -> None:
        """Make the embeddings and their norm."""
        shape = (2 * self._span, self.hidden_dim)
        self.embeddings = self.add_weight(shape, fresh(self.initializer), name="embeddings")
        self.norm = None
        if self.layer_norm_epsilon is not None:
            self.norm = LayerNormalization(
                epsilon=self.layer_norm_epsilon, dtype=self.dtype_policy, name="norm"
            )
            self.norm.build(shape)

    def call(self, query_positions: Tensor, key_positions: Tensor) -> tuple[Any, Any]:
        """The embeddings, float `[P, dim]`, and the row of each query and key, int `[B, T, S]`.

        Args:
            query_positions: int `[B, T]`.
            key_positions: int `[B, S]`.
        """
        embeddings = ops.convert_to_tensor(self.embeddings)
        embeddings = embeddings if self.norm is None else self.norm(embeddings)
        return embeddings, look_up_distances(self._rows, query_positions, key_positions)

    def compute_output_spec(self, query_positions: Tensor, key_positions: Tensor) -> Any:
        """The symbolic embeddings and rows."""
        (batch, queries), keys = query_positions.shape, key_positions.shape[1]
        shape = (2 * self._span, self.hidden_dim)
        embeddings = keras.KerasTensor(shape, dtype=self.compute_dtype)
        return embeddings, keras.KerasTensor((batch, queries, keys), dtype="int32")


def rows_of_distances(bucket_size: int | None, max_distance: int) -> np.ndarray:
    """The row of the embeddings for each distance of a key, int32, for `look_up_distances`.

    Computed in float32, as in the models' own code, on which the borders of buckets depend.

    Args:
        bucket_size, max_distance: see `RelativeEmbedding`.

    Raises:
        ValueError: `bucket_size` is odd or not positive.
    """
    # Past the last bucket's border at max_distance - 1, whatever the rounding.
    backward = -np.arange(-2 * max_distance, 2 * max_distance + 1)
    if bucket_size is None:
        return np.clip(backward + max_distance, 0, 2 * max_distance - 1).astype("int32")
    if bucket_size < 2 or bucket_size % 2:
        raise ValueError(f"bucket_size must be even and positive; got bucket_size={bucket_size}.")
    buckets = _buckets(backward, bucket_size // 2, max_distance)
    return np.clip(buckets + bucket_size, 0, 2 * bucket_size - 1).astype("int32")


def _buckets(backward: np.ndarray, middle: int, max_distance: int) -> np.ndarray:
    if max_distance < middle + 2:  # Each distance has a bucket of its own.
        return np.clip(backward, -max_distance, max_distance)
    ratio = np.maximum(np.abs(backward), middle).astype("float32") / np.float32(middle)
    whole = np.log(np.float32((max_distance - 1) / middle))
    grown = np.ceil(np.log(ratio) / whole * np.float32(middle - 1)) + middle
    return np.where(np.abs(backward) <= middle, backward, grown * np.sign(backward))


def look_up_products(products: Tensor, rows: Tensor) -> Any:
    """The product of each query and key, from those with all distances.

    Args:
        products: float `[B, H, T, P]`.
        rows: int `[B, T, S]`, the distance of each.

    Returns:
        float `[B, H, T, S]`.
    """
    shape = (*ops.shape(products)[:-1], ops.shape(rows)[-1])
    rows = ops.broadcast_to(rows[:, None], shape)
    return ops.take_along_axis(products, rows, axis=-1)
