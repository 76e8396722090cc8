"""Attention by JAX's kernel (XLA everywhere, cuDNN where JAX chooses it)."""

from typing import Any

import jax

from nlpkit._types import Tensor
from nlpkit.ops.backend.default.attention import has_many_queries


def fuses_attention(query: Tensor, key: Tensor, dropout: float) -> bool:
    """Whether there are many queries, and nothing is dropped."""
    return has_many_queries(query) and not dropout


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
    """Compute attention with `jax.nn.dot_product_attention`."""
    dtype = query.dtype
    if dtype == "float16" and jax.default_backend() == "cpu":
        # Compiled, the kernel needs a matrix product that XLA does not have on CPUs.
        query, key, value = (x.astype("float32") for x in (query, key, value))
    if mask is not None:
        mask = mask[:, None]  # B 1 T S
    if bias is not None:
        bias = bias.astype(query.dtype)
    attended = jax.nn.dot_product_attention(query, key, value, bias=bias, mask=mask, scale=scale)
    return attended.astype(dtype)


def float32_matmul(x: Tensor, y: Tensor) -> Any:
    """Multiply with float32 sums, which are not rounded."""
    return jax.numpy.matmul(x, y, preferred_element_type="float32")
