"""Deferred initialization: building a model without values, before its weights are read.

Only this module relies on how Keras stores variables.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state

from nlpkit.ops import backend
from nlpkit.presets.mapping.transposing import contiguous

_SCOPE: ContextVar[Any] = ContextVar("deferred_initialization", default=None)


@contextmanager
def deferred_initialization() -> Iterator[None]:
    """Create variables without values, until `initialize` or `initialize_rest`."""
    with _without_collections(), keras.StatelessScope(initialize_variables=False) as scope:
        token = _SCOPE.set(scope)
        try:
            yield
        finally:
            _SCOPE.reset(token)
            # Or the end of another scope would give them values.
            global_state.set_global_attribute("uninitialized_variables", [])


@contextmanager
def _without_collections() -> Iterator[None]:
    """Leave cycles alone: a model is many objects, and looking through them takes a fifth of it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def immediate_initialization() -> Iterator[None]:
    """Create variables with values at once, even within `deferred_initialization`.

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


def initialize(variable: keras.Variable, value: object) -> None:
    """Set the value of a variable, which may not have one yet.

    Args:
        variable: with or without a value.
        value: NumPy array of the variable's shape and dtype, strided as may be. The variable may
            keep it as its memory.
    """
    if variable._value is None:
        variable._initialize(_first_value(variable, value))
        variable._initializer = None
    else:
        variable.assign(value)


def _first_value(variable: keras.Variable, value: Any) -> Any:
    trainable = variable.trainable and np.dtype(variable.dtype).kind not in "iub"
    adopted = backend.adopt_array(value, trainable) if value.flags.writeable else None
    if adopted is not None:
        return adopted
    return keras.ops.convert_to_tensor(contiguous(value), dtype=variable.dtype)


def initialize_rest(variables: Iterable[keras.Variable]) -> None:
    """Initialize the variables that have no value yet."""
    for variable in variables:
        if variable._value is None:
            variable._deferred_initialize()
