"""Attention by Keras' operation, and where that is not worth it.

Letters: B batch, T queries, S keys, H query heads, G key/value heads, D head size.
"""

from typing import Any

from keras import ops

from nlpkit._types import Tensor

# XLA's kernels copy a cache on the way: for one query that takes longer than single steps. As many
# as speculation checks at once go the same way, which was not measured.
_FEW = 16


def fuses_attention(query: Tensor, key: Tensor, dropout: float) -> bool:
    """Whether `fused_attention` takes these `[B, T, H, D]` and `[B, S, G, D]`, and is fast."""
    # Keras leaves one head for all to einsum, which does not broadcast it on TensorFlow.
    return has_many_queries(query) and not dropout and not key.shape[2] == 1 != query.shape[2]


def has_many_queries(query: Tensor) -> bool:
    """Whether a compiled kernel is worth it; of a length that is not known it is taken to be."""
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
    """Compute `nlpkit.ops.attention.attend` of what `fuses_attention`, with a prepared mask."""
    mask = None if mask is None else mask[:, None]  # B 1 T S
    return ops.dot_product_attention(query, key, value, bias=bias, mask=mask, scale=scale)


def float32_matmul(x: Tensor, y: Tensor) -> Any:
    """`x y` in float32, of stacks of matrices; not rounded to their own dtype where possible."""
    return ops.cast(ops.matmul(x, y), "float32")
