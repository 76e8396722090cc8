"""Tensors of PyTorch from NumPy arrays."""

from typing import Any

import numpy as np
from keras.src.backend.torch.core import get_device

from nlpkit._compat import require

torch: Any = require("torch", "the PyTorch backend")


def is_on_cpu() -> bool:
    """Whether Keras makes variables in the memory that arrays are in."""
    return str(get_device()) == "cpu"


def to_parameter(value: np.ndarray, trainable: bool) -> Any:
    """The array as a parameter, in the array's memory if it fills it: turned, but without gaps.

    A turned matrix is what `torch.nn.Linear` multiplies with, as fast as with one that is not.
    Optimizers are slower, as their own variables are not turned: so the first gradient turns it.
    """
    is_bfloat16 = value.dtype == np.dtype("bfloat16")
    tensor = torch.from_numpy(value.view("int16") if is_bfloat16 else value)
    tensor = tensor.view(torch.bfloat16) if is_bfloat16 else tensor
    by_stride = sorted(range(tensor.ndim), key=tensor.stride, reverse=True)
    if not tensor.permute(by_stride).is_contiguous():
        tensor = tensor.contiguous()
    parameter = torch.nn.Parameter(tensor.to(get_device()), requires_grad=trainable)
    if trainable and not parameter.is_contiguous():
        _turn_when_trained(parameter)
    return parameter


def _turn_when_trained(parameter: Any) -> None:
    def turn(parameter: Any) -> None:
        hook.remove()
        parameter.data = parameter.data.contiguous()
        parameter.grad = parameter.grad.contiguous()

    hook = parameter.register_post_accumulate_grad_hook(turn)
