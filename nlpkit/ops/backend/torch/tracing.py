"""Whether PyTorch is tracing rather than computing."""

from typing import Any

import torch

_PLAIN = (torch.Tensor, torch.nn.Parameter)


def is_traced(*tensors: Any) -> bool:
    """Whether code is being compiled, exported or transformed rather than run on plain tensors.

    Then only operations that every tool knows may be used, and no value may be read.
    """
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return True
    return (
        any(type(x) not in _PLAIN for x in tensors if x is not None)
        or torch._C._len_torch_dispatch_stack() > 0
        or torch._C._functorch.peek_interpreter_stack() is not None
    )
