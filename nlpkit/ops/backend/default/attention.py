"""Attention by Keras' operation, and when to use it.

Letters: B batch, T queries, S keys, H query heads, G key/value heads, D head size.
"""

from typing import Any

from keras import ops

from nlpkit._types import Tensor

# XLA's kernels copy the cache: for one query that takes longer than separate operations. As many
# as speculative decoding verifies at once are treated alike, which was not measured.
_FEW = 16


def fuses_attention(query: Tensor, key: Tensor, dropout: float) -> bool:
    """Whether `fused_attention` takes these `[B, T, H, D]` and `[B, S, G, D]`, and is fast."""
    # Keras leaves one head for all queries to einsum, which does not broadcast it on TensorFlow.
    return has_many_queries(query) and not dropout and not key.shape[2] == 1 != query.shape[2]


def has_many_queries(query: Tensor) -> bool:
    """Whether there are enough queries for a fused kernel; an unknown number counts as enough."""
    queries = query.shape[1]
    return not isinstance(queries, int) or queries > _FEW


def fused_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    scale: float,
    mask: Tensor = None,
    bias: Tensor = None,
    dropout: float = 0.0,
    seed: Tensor = None,
) -> Any:
    """Compute `nlpkit.ops.attention.attend` where `fuses_attention`, with a prepared mask."""
    mask = None if mask is None else mask[:, None]  # B 1 T S
    return ops.dot_product_attention(query, key, value, bias=bias, mask=mask, scale=scale)


def float32_matmul(x: Tensor, y: Tensor) -> Any:
    """Multiply batches of matrices; where possible, float32 results are not rounded before."""
    return ops.cast(ops.matmul(x, y), "float32")
