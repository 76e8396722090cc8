"""Dropout on JAX from 16 random bits per entry."""

from typing import Any

import jax
import keras
from jax import numpy as jnp

from nlpkit._types import Tensor


def dropout(x: Tensor, rate: float, seed: keras.random.SeedGenerator) -> Any:
    """Drop with a rate rounded to 1 / 65536.

    JAX's generator yields 32 bits per draw, more than a decision needs; on CPUs it takes longer
    than the attention whose weights are dropped. Each draw decides two entries of the last axis.
    """
    size = x.shape[-1]
    draws = jax.random.bits(seed.next(), (*x.shape[:-1], (size + 1) // 2), "uint32")
    halves = jnp.concatenate([draws & 0xFFFF, draws >> 16], axis=-1)[..., :size]
    threshold = round(rate * 65536)
    scale = jnp.asarray(65536 / (65536 - threshold), x.dtype)
    return jnp.where(halves >= threshold, x * scale, jnp.zeros_like(x))
