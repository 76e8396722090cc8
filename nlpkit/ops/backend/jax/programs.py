"""Compiled loops on JAX."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import jax
import keras
from jax import numpy as jnp


def program(
    function: Callable[..., Any], models: Sequence[Any], *, consume: bool
) -> Callable[..., Any]:
    """Compile the function; the variables of the models become an input."""

    def variables() -> list[Any]:
        return [variable for model in models for variable in model.variables]

    def pure(first: Any, values: list[Any], *rest: Any) -> Any:
        mapping = list(zip(variables(), values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return function(first, *rest)

    compiled = jax.jit(pure, donate_argnums=(0,) if consume else ())

    def run(first: Any, *rest: Any) -> Any:
        with ExitStack() as stack:
            for model in models:
                if hasattr(model, "between_steps"):
                    stack.enter_context(model.between_steps())
            return compiled(first, [v.value for v in variables()], *rest)

    return run


def is_tracing() -> bool:
    """Whether the current code is being traced."""
    return isinstance(jnp.zeros(()), jax.core.Tracer)


def traced_seed() -> Any:
    """Raise an error: compiled functions have no state."""
    raise ValueError(
        "seed must be given to a sampler called in a function compiled by JAX, as one of that "
        "function's arguments; otherwise it would draw the same numbers each time."
    )
