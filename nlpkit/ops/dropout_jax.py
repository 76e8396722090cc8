"""Dropout on JAX from 16 random bits an entry."""

from typing import Any

from nlpkit._compat import require

jax: Any = require("jax", "The jax backend")
jnp = jax.numpy


def dropout_jax(x: Any, rate: float, key: Any) -> Any:
    """Compute `nlpkit.ops.dropout.dropout`.

    JAX's generator gives 32 bits a draw, of which a decision needs few; on CPUs it takes longer
    than the attention whose weights are dropped. Each draw decides two entries of the last axis.
    """
    size = x.shape[-1]
    draws = jax.random.bits(key, (*x.shape[:-1], (size + 1) // 2), "uint32")
    halves = jnp.concatenate([draws & 0xFFFF, draws >> 16], axis=-1)[..., :size]
    threshold = round(rate * 65536)
    scale = jnp.asarray(65536 / (65536 - threshold), x.dtype)
    return jnp.where(halves >= threshold, x * scale, jnp.zeros_like(x))
