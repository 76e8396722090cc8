"""Compiled loops on JAX."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras


def compiled(
    function: Callable[..., Any], models: Sequence[Any], *, consume: bool
) -> Callable[..., Any]:
    """Compile a function that calls models; their variables become an input.

    Args:
        function: called with trees of arrays.
        models: list of keras.Model.
        consume: bool. Whether the first argument's memory may be taken for the result.
    """

    def variables() -> list[Any]:
        return [variable for model in models for variable in model.variables]

    def pure(first: Any, values: list[Any], *rest: Any) -> Any:
        mapping = list(zip(variables(), values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return function(first, *rest)

    program = jax.jit(pure, donate_argnums=(0,) if consume else ())
    return lambda first, *rest: program(first, [v.value for v in variables()], *rest)
