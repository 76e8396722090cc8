"""Attention by JAX's kernel (XLA everywhere, cuDNN where JAX chooses it)."""

from typing import Any

from nlpkit._compat import require

jax: Any = require("jax", "The jax backend")


def attend_jax(
    query: Any, key: Any, value: Any, *, scale: float, mask: Any = None, bias: Any = None
) -> Any:
    """Compute `nlpkit.ops.attention.attend` with `jax.nn.dot_product_attention`."""
    if mask is not None:
        mask = mask[:, None]  # B 1 T S
    if bias is not None:
        bias = bias.astype(query.dtype)
    return jax.nn.dot_product_attention(query, key, value, bias=bias, mask=mask, scale=scale)


def float32_products(x: Any, y: Any) -> Any:
    """`x y` of stacks of matrices, in float32."""
    return jax.numpy.matmul(x, y, preferred_element_type="float32")
