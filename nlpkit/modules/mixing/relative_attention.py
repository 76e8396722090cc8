"""Attention to content, distance and segment apart.

See "XLNet: Generalized Autoregressive Pretraining for Language Understanding" (Yang et al., 2019,
arXiv:1906.08237) and, for distances, "Transformer-XL" (Dai et al., 2019, arXiv:1901.02860).
Letters: B batch, T queries, S keys, H heads, D head size, P distances.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Shape, Tensor
from nlpkit.modules.dense import built_dense, fresh
from nlpkit.modules.mixing.attention import Attention
from nlpkit.modules.mixing.disentangled_attention import look_up_products
from nlpkit.ops import backend


class RelativeAttention(Attention):
    """`Attention` whose queries also meet encodings of distances, and of another segment.

    To the product of a query and a key it adds those of a bias with the key, of the query and a
    second bias with the projected encoding of their distance, and of the query and a third bias
    with an embedding of whether their segments are the same. Its `bias` is what
    `RelativeEncoding` returns. The dropout rate is that of the encodings, too.

    Args:
        **kwargs: the arguments of `Attention`.
    """

    def build(self, hidden_shape: Shape, context_shape: Shape = None) -> None:
        """Make the projections, biases and embeddings."""
        super().build(hidden_shape, context_shape)
        width, heads = self.num_heads * self.head_dim, (self.num_heads, self.head_dim)
        self.position_key = built_dense(self, "position_key", width, hidden_shape, use_bias=False)
        for name in ("content_bias", "position_bias", "segment_bias"):
            weight = self.add_weight(heads, fresh(self.bias_initializer), name=name)
            setattr(self, name, weight)
        self.segment_embeddings = self.add_weight(
            (2, *heads), fresh(self.kernel_initializer), name="segment_embeddings"
        )

    def _score_bias(self, query: Tensor, key: Tensor, bias: Any, training: bool | None) -> Any:
        encodings, rows, differs = bias  # P dim, B T S, B T S
        if self.dropout and training:
            encodings = backend.dropout(encodings, self.dropout, self._seed)
        projected = self.position_key(encodings)[None]
        keys = backend.split_heads(projected, self.num_heads, self.head_dim)[0]  # P H D
        products = ops.einsum("bthd,phd->bhtp", query + self.position_bias, keys)
        scores = look_up_products(products, rows)  # B H T S
        scores = scores + ops.einsum("hd,bshd->bhs", self.content_bias, key)[:, :, None]
        if differs is not None:
            # What all keys of a query have in common does not change their weights.
            change = self.segment_embeddings[1] - self.segment_embeddings[0]  # H D
            products = ops.einsum("bthd,hd->bht", query + self.segment_bias, change)
            scores = scores + products[..., None] * ops.cast(differs[:, None], products.dtype)
        return scores * self.scale


class RelativeEncoding(Configurable, keras.layers.Layer):
    """Sines and cosines of distances, which one is that of each query and key, and their segments.

    Distances that are longer than the row, which only positions with gaps have, count as that.

    Args:
        hidden_dim: int. Size of the encodings; even.
    """

    def __init__(self, hidden_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim
        if hidden_dim % 2:
            raise ValueError(f"hidden_dim must be even; got {hidden_dim}.")
        exponents = np.arange(0, hidden_dim, 2, dtype="float32") / hidden_dim
        self._frequencies = np.power(np.float32(10000), -exponents)

    def build(self, *_: Shape) -> None:
        """There are no weights."""

    def call(
        self, query_positions: Tensor, key_positions: Tensor, segment_ids: Tensor = None
    ) -> tuple[Any, Any, Any]:
        """The encodings, the row of each query and key, and whether their segments differ.

        Args:
            query_positions, key_positions: int `[B, S]`.
            segment_ids: int `[B, S]`; None if all are the same.

        Returns:
            float `[2 S - 1, dim]`, int `[B, S, S]`, bool `[B, S, S]` or None.
        """
        most = ops.shape(key_positions)[1] - 1
        distances = ops.arange(2 * most + 1, dtype="int32") - most
        frequencies = ops.convert_to_tensor(self._frequencies)
        angles = ops.cast(distances, "float32")[:, None] * frequencies
        encodings = ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)
        backward = query_positions[:, :, None] - key_positions[:, None, :]
        rows = ops.clip(backward, -most, most) + most
        differs = None
        if segment_ids is not None:
            differs = ops.not_equal(segment_ids[:, :, None], segment_ids[:, None, :])
        return ops.cast(encodings, self.compute_dtype), rows, differs

    def compute_output_spec(
        self, query_positions: Tensor, key_positions: Tensor, segment_ids: Tensor = None
    ) -> Any:
        """The symbolic encodings, rows and comparisons."""
        shape = (*query_positions.shape, key_positions.shape[1])
        encodings = keras.KerasTensor((None, self.hidden_dim), dtype=self.compute_dtype)
        differs = None
        if segment_ids is not None:
            differs = keras.KerasTensor((segment_ids.shape[0], *shape[1:]), dtype="bool")
        return encodings, keras.KerasTensor(shape, dtype="int32"), differs
