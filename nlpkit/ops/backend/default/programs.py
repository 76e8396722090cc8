"""Compiled programs of generation, and the loops in them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from keras import ops


def program(
    function: Callable[..., Any], models: Sequence[Any], *, consume: bool
) -> Callable[..., Any]:
    """Compile a function where that is faster, without gradients.

    Args:
        function: called with trees of tensors.
        models: the `keras.Model`s that it calls, whose weights may change between runs.
        consume: bool. Whether the memory of the first argument may be reused for the result.
    """
    return function


def run_loop(advance: Callable[[Any], Any], state: Any, until: Any) -> Any:
    """Advance until all rows are done, or the state's step is `until`."""

    def unfinished(state: Any) -> Any:
        return ops.logical_and(ops.logical_not(ops.all(state.done)), state.step < until)

    return ops.while_loop(unfinished, lambda state: (advance(state),), (state,))[0]


def is_tracing() -> bool:
    """Whether the current code is being compiled, so that it has no values."""
    return False


def traced_seed() -> Any:
    """Draw a seed anew each time the function that is being compiled runs.

    Raises:
        ValueError: compiled functions have no state to draw from.
    """
    raise ValueError("seed must be given to a sampler in a function that is compiled.")


def without_gradients() -> AbstractContextManager[Any]:
    """A context manager that disables gradients, where recording them costs time or memory."""
    return nullcontext()
