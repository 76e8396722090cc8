"""Programs that generate: loops that are compiled, as are the functions that they run in."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from keras import ops


def program(
    function: Callable[..., Any], models: Sequence[Any], *, consume: bool
) -> Callable[..., Any]:
    """The function as it runs fastest, without gradients.

    Args:
        function: called with trees of tensors.
        models: the `keras.Model`s that it calls, whose weights may change between its runs.
        consume: bool. Whether the first argument's memory may be taken for the result.
    """
    return function


def run_loop(advance: Callable[[Any], Any], state: Any, until: Any) -> Any:
    """Advance until all rows are done, or the state's step is `until`."""

    def unfinished(state: Any) -> Any:
        return ops.logical_and(ops.logical_not(ops.all(state.done)), state.step < until)

    return ops.while_loop(unfinished, lambda state: (advance(state),), (state,))[0]


def is_tracing() -> bool:
    """Whether what runs now is being compiled, so that values are not there yet."""
    return False


def traced_seed() -> Any:
    """A seed that is drawn anew each time that what is being compiled runs.

    Raises:
        ValueError: there is none, because compiled functions have no state.
    """
    raise ValueError("seed must be given to a sampler in a function that is compiled.")


def without_gradients() -> AbstractContextManager[Any]:
    """A context in which no gradients are recorded, where that would take time or memory."""
    return nullcontext()
