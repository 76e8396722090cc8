"""JAX: kernels that XLA would not choose, and compiled functions without side effects."""

from nlpkit.ops.backend.jax.attention import float32_matmul, fused_attention, fuses_attention
from nlpkit.ops.backend.jax.host import on_host
from nlpkit.ops.backend.jax.programs import is_tracing, program, traced_seed
from nlpkit.ops.backend.jax.random import dropout
from nlpkit.ops.backend.jax.trees import register_tree

STATELESS = True

__all__ = [
    "STATELESS",
    "dropout",
    "float32_matmul",
    "fused_attention",
    "fuses_attention",
    "is_tracing",
    "on_host",
    "program",
    "register_tree",
    "traced_seed",
]
