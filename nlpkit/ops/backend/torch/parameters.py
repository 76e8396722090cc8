"""Parameters of PyTorch in the memory of NumPy arrays."""

from typing import Any

import numpy as np
import torch
from keras.src.backend.torch.core import get_device

from nlpkit._types import Tensor


def keeps_arrays() -> bool:
    """Whether Keras makes variables in the memory that arrays are in."""
    return str(get_device()) == "cpu"


def adopt_array(array: np.ndarray, trainable: bool) -> Any:
    """The array as a parameter, in the array's memory if it fills it: turned, but without gaps.

    A turned matrix is what `torch.nn.Linear` multiplies with, as fast as with one that is not.
    Optimizers are slower, as their own variables are not turned: so the first gradient turns it.
    """
    is_bfloat16 = array.dtype == np.dtype("bfloat16")
    tensor = torch.from_numpy(array.view("int16") if is_bfloat16 else array)
    tensor = tensor.view(torch.bfloat16) if is_bfloat16 else tensor
    by_stride = sorted(range(tensor.ndim), key=tensor.stride, reverse=True)
    if not tensor.permute(by_stride).is_contiguous():
        tensor = tensor.contiguous()
    parameter = torch.nn.Parameter(tensor.to(get_device()), requires_grad=trainable)
    if trainable and not parameter.is_contiguous():
        _turn_when_trained(parameter)
    return parameter


def _turn_when_trained(parameter: Tensor) -> None:
    def turn(parameter: Tensor) -> None:
        hook.remove()
        parameter.data = parameter.data.contiguous()
        parameter.grad = parameter.grad.contiguous()

    hook = parameter.register_post_accumulate_grad_hook(turn)
