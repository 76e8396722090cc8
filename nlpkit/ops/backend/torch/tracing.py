"""Whether PyTorch computes, or only looks at what is computed."""

from typing import Any

import torch

_PLAIN = (torch.Tensor, torch.nn.Parameter)


def is_traced(*tensors: Any) -> bool:
    """Whether these are not plain numbers: while compiling, exporting, or transforming functions.

    Then operations are to be those that every tool knows, and no value may be looked at.
    """
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return True
    return (
        any(type(x) not in _PLAIN for x in tensors if x is not None)
        or torch._C._len_torch_dispatch_stack() > 0
        or torch._C._functorch.peek_interpreter_stack() is not None
    )
