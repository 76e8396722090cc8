"""Parameters of PyTorch in the memory of NumPy arrays."""

from typing import Any

import numpy as np
import torch
from keras.src.backend.torch.core import get_device

from nlpkit._types import Tensor


def keeps_arrays() -> bool:
    """Whether Keras puts variables into the memory of the host, where arrays are."""
    return str(get_device()) == "cpu"


def adopt_array(array: np.ndarray, trainable: bool) -> Any:
    """Make a parameter that shares the memory of an array, transposed or not, if it has no gaps.

    A transposed matrix multiplies as fast, as it does in `torch.nn.Linear`. Optimizers are slower,
    since their own variables are not transposed: so the first gradient makes it contiguous.
    """
    is_bfloat16 = array.dtype == np.dtype("bfloat16")
    tensor = torch.from_numpy(array.view("int16") if is_bfloat16 else array)
    tensor = tensor.view(torch.bfloat16) if is_bfloat16 else tensor
    by_stride = sorted(range(tensor.ndim), key=tensor.stride, reverse=True)
    if not tensor.permute(by_stride).is_contiguous():
        tensor = tensor.contiguous()
    parameter = torch.nn.Parameter(tensor.to(get_device()), requires_grad=trainable)
    if trainable and not parameter.is_contiguous():
        _make_contiguous_when_trained(parameter)
    return parameter


def _make_contiguous_when_trained(parameter: Tensor) -> None:
    def copy(parameter: Tensor) -> None:
        hook.remove()
        parameter.data = parameter.data.contiguous()
        parameter.grad = parameter.grad.contiguous()

    hook = parameter.register_post_accumulate_grad_hook(copy)
