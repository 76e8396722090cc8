"""Loops on PyTorch: eager, the cache written in place."""

from collections.abc import Callable
from typing import Any

import torch

# How many tokens pass before the loop looks whether all rows are done, for which it must wait for
# the device.
CHECK_EVERY = 8


def run_eagerly(function: Callable[..., Any], first: Any, plan: Any, until: int) -> Any:
    """Call a function that generates."""
    with torch.inference_mode():
        return function(first, plan, until)


def run_loop(advance: Callable[[Any], Any], state: Any, until: int) -> Any:
    """Advance until all rows are done, or the state's "step" is `until`."""
    step = int(state["step"])
    while step < until:
        if step % CHECK_EVERY == 0 and bool(state["done"].all()):
            break
        state = advance(state)
        step += 1
    return state


def without_gradients() -> Any:
    """A context in which no gradients are recorded."""
    return torch.no_grad()


def is_tracing() -> bool:
    """Whether `torch.compile` looks at what runs now."""
    return bool(torch.compiler.is_compiling())


def traced_seed() -> Any:
    """A seed that is drawn anew each time."""
    return torch.randint(2**31 - 1, (), dtype=torch.int32)
