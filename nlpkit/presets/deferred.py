"""Building a model without initial values, for weights that are about to be read.

It rests on how Keras keeps variables: here alone.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state

_SCOPE: ContextVar[Any] = ContextVar("deferred_initialization", default=None)


@contextmanager
def deferred_initialization() -> Iterator[None]:
    """Give the variables created within no values; `initialize` and `initialize_rest` do."""
    with keras.StatelessScope(initialize_variables=False) as scope:
        token = _SCOPE.set(scope)
        try:
            yield
        finally:
            _SCOPE.reset(token)
            # Or the end of another scope would give them values.
            global_state.set_global_attribute("uninitialized_variables", [])


@contextmanager
def immediate_initialization() -> Iterator[None]:
    """Give the variables created within values at once, also during `deferred_initialization`.

    Optimizers need it: their variables start from numbers, not from initializers.
    """
    scope = _SCOPE.get()
    if scope is None:
        yield
        return
    scope.__exit__(None, None, None)
    try:
        yield
    finally:
        scope.__enter__()


def initialize(variable: keras.Variable, value: Any) -> None:
    """Give a variable a value, as its first one if it has none.

    Args:
        variable: with or without a value.
        value: NumPy array of the variable's shape and dtype, strided as may be. The variable may
            keep it as its memory.
    """
    if variable._value is None:
        variable._initialize(_tensor(value, variable.dtype))
        variable._initializer = None
    else:
        variable.assign(value)


def _tensor(value: Any, dtype: str) -> Any:
    if keras.backend.backend() == "torch" and value.flags.writeable:
        from nlpkit.presets.deferred_torch import to_tensor

        return to_tensor(value)
    return keras.ops.convert_to_tensor(np.ascontiguousarray(value), dtype=dtype)


def initialize_rest(variables: Iterable[keras.Variable]) -> None:
    """Give the variables that have no value yet their random initial ones."""
    for variable in variables:
        if variable._value is None:
            variable._deferred_initialize()
