"""Attention by JAX's kernel (XLA everywhere, cuDNN where JAX chooses it)."""

from typing import Any

from nlpkit._compat import require

jax: Any = require("jax", "The jax backend")


def attend_jax(
    query: Any, key: Any, value: Any, *, scale: float, mask: Any = None, bias: Any = None
) -> Any:
    """Compute `nlpkit.ops.attention.attend` with `jax.nn.dot_product_attention`."""
    dtype = query.dtype
    if dtype == "float16" and jax.default_backend() == "cpu":
        # Once compiled, the kernel asks XLA for a product that it does not have on CPUs.
        query, key, value = (x.astype("float32") for x in (query, key, value))
    if mask is not None:
        mask = mask[:, None]  # B 1 T S
    if bias is not None:
        bias = bias.astype(query.dtype)
    attended = jax.nn.dot_product_attention(query, key, value, bias=bias, mask=mask, scale=scale)
    return attended.astype(dtype)


def float32_products(x: Any, y: Any) -> Any:
    """`x y` of stacks of matrices, in float32."""
    return jax.numpy.matmul(x, y, preferred_element_type="float32")
