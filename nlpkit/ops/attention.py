"""Scaled dot-product attention: each backend's fast kernel where its features allow.

Letters: B batch, T queries, S keys, H query heads, G key/value heads, R = H / G, D head size.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._types import Tensor
from nlpkit.ops import backend

# A score so low that its weight is 0, yet finite: a row that is masked entirely gets equal weights.
_MASKED = -0.7 * float(np.finfo(np.float32).max)


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    scale: float,
    mask: Tensor = None,
    bias: Tensor = None,
    soft_cap: float | None = None,
    sinks: Tensor = None,
    dropout: float = 0.0,
    seed: Tensor = None,
) -> Any:
    """Compute `softmax(soft_cap(scale * query keyᵀ) + bias) value`.

    Scaled dot-product attention (Vaswani et al., 2017, arXiv 1706.03762).

    Args:
        query: `[B, T, H, D]`.
        key, value: `[B, S, G, D]`; G divides H (grouped-query attention).
        scale: float. Factor of the dot products.
        mask: bool `[B, T, S]`, True = may attend, or the result of `prepare_mask`; a row that may
            attend nowhere gets the mean (in float16 on PyTorch, a weighted one).
        bias: float, broadcastable to `[B, H, T, S]`, added to the scaled scores.
        soft_cap: float. Scores become `soft_cap * tanh(scores / soft_cap)`.
        sinks: float `[H]`. An extra score per head, of a key without a value, which takes weight
            from the others (Xiao et al., 2023, arXiv 2309.17453; learned, as in GPT-OSS).
        dropout: float. Dropout rate of the attention weights; 0 outside training.
        seed: `keras.random.SeedGenerator` for the dropout.

    Returns:
        `[B, T, H, D]`.
    """
    mask = prepare_mask(mask, keras.backend.standardize_dtype(query.dtype))
    arguments: dict[str, Any] = {"scale": scale, "mask": mask, "bias": bias}
    arguments |= {"dropout": dropout, "seed": seed}
    if soft_cap is None and sinks is None and backend.fuses_attention(query, key, dropout):
        return backend.fused_attention(query, key, value, **arguments)
    return attend_with_weights(query, key, value, soft_cap=soft_cap, sinks=sinks, **arguments)[0]


def prepare_mask(mask: Tensor, dtype: str) -> Any:
    """Convert a mask, once for all layers, to the form that the backend's kernel takes.

    On PyTorch that is a float mask to add: with a boolean one the kernel is half as fast on CPUs
    (8 x 12 x 128 x 64).

    Args:
        mask: bool `[B, T, S]`, None, or a mask that is already prepared.
        dtype: str. The dtype of the queries.
    """
    if mask is None or not backend.ADDS_MASKS:
        return mask
    if keras.backend.is_float_dtype(mask.dtype):
        return mask
    low = _MASKED if dtype != "float16" else -45000.0
    return ops.where(mask, ops.cast(0.0, dtype), ops.cast(low, dtype))


def attend_with_weights(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    scale: float,
    mask: Tensor = None,
    bias: Tensor = None,
    soft_cap: float | None = None,
    sinks: Tensor = None,
    dropout: float = 0.0,
    seed: Tensor = None,
) -> tuple[Any, Any]:
    """Compute `attend` step by step; also return the weights `[B, H, T, S]` (before dropout)."""
    dtype = query.dtype
    batch, length, heads, size = ops.shape(query)
    slots, groups = ops.shape(key)[1], key.shape[2]
    rows = heads // groups * length  # R T
    # One axis of batches: see `nlpkit.modules.caching.cache`.
    query, key, value = (backend.heads_as_rows(x) for x in (query, key, value))  # BG S D
    query = ops.reshape(query, (-1, rows, size))  # BG RT D
    products = backend.float32_matmul(key, ops.transpose(query, (0, 2, 1)))  # BG S RT
    products = ops.reshape(ops.transpose(products, (0, 2, 1)), (batch, heads, length, slots))
    products = products * scale  # B H T S
    if soft_cap is not None:
        products = ops.tanh(products / soft_cap) * soft_cap
    if bias is not None:
        products = products + ops.cast(bias, "float32")
    if mask is not None and keras.backend.is_float_dtype(mask.dtype):
        products = products + ops.cast(mask[:, None], "float32")
    elif mask is not None:
        products = ops.where(mask[:, None], products, _MASKED)
    weights = ops.cast(_softmax(products, sinks), dtype)
    kept = backend.dropout(weights, dropout, seed) if dropout else weights
    attended = ops.matmul(ops.reshape(kept, (-1, rows, slots)), value)  # BG RT D
    attended = ops.reshape(attended, (-1, length, value.shape[-1]))  # BH T D
    return backend.rows_as_heads(attended, heads), weights


def _softmax(products: Any, sinks: Tensor) -> Any:
    """The softmax of `[B, H, T, S]` over the keys, to which `sinks` adds one without a value."""
    if sinks is None:
        # Keras warns of a softmax over an axis of size 1.
        return products * 0 + 1 if products.shape[-1] == 1 else ops.softmax(products, axis=-1)
    sinks = ops.cast(ops.convert_to_tensor(sinks), "float32")[:, None, None]  # H 1 1
    sinks = ops.broadcast_to(sinks, (*ops.shape(products)[:3], 1))  # B H T 1
    return ops.softmax(ops.concatenate([products, sinks], axis=-1), axis=-1)[..., :-1]
