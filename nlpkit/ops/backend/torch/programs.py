"""Loops on PyTorch: eager, with in-place cache updates."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch

# How many tokens are generated between checks whether all rows are done, which wait for the device.
CHECK_EVERY = 8


def program(
    function: Callable[..., Any], models: Sequence[Any], *, consume: bool
) -> Callable[..., Any]:
    """Run the function in inference mode."""

    def run(*arguments: Any) -> Any:
        with torch.inference_mode():
            return function(*arguments)

    return run


def run_loop(advance: Callable[[Any], Any], state: Any, until: Any) -> Any:
    """Advance step by step."""
    step, until = int(state.step), int(until)
    while step < until:
        if step % CHECK_EVERY == 0 and bool(state.done.all()):
            break
        state = advance(state)
        step += 1
    return state


def without_gradients() -> AbstractContextManager[Any]:
    """A context manager that disables gradients."""
    return torch.no_grad()


def is_tracing() -> bool:
    """Whether the current code is being traced by `torch.compile`."""
    return bool(torch.compiler.is_compiling())


def traced_seed() -> Any:
    """A new random seed."""
    return torch.randint(2**31 - 1, (), dtype=torch.int32)
