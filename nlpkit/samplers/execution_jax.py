"""Compiled loops on JAX."""

from collections.abc import Callable
from typing import Any

import jax
import keras


def compiled(function: Callable[..., Any], model: Any, *, consume: bool) -> Callable[..., Any]:
    """Compile a function that calls a model; its variables become an input.

    Args:
        function: called with trees of arrays.
        model: keras.Model.
        consume: bool. Whether the first argument's memory may be taken for the result.
    """

    def pure(first: Any, values: list[Any], *rest: Any) -> Any:
        mapping = list(zip(model.variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return function(first, *rest)

    program = jax.jit(pure, donate_argnums=(0,) if consume else ())
    return lambda first, *rest: program(first, [v.value for v in model.variables], *rest)
