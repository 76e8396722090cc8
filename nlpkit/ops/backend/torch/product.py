"""Affine maps by the kernel that is fastest on this machine."""

import math
import time
from collections.abc import Callable
from typing import Any

import torch

from nlpkit._types import Tensor
from nlpkit.ops.backend.torch.tracing import is_traced
from nlpkit.ops.sizes import power_of_two

# oneDNN's product, which PyTorch's own compiler uses; it has no gradient.
_ONE_DNN: Any = getattr(torch.ops.mkldnn, "_linear_pointwise", None)
_HAS_ONE_DNN = _ONE_DNN is not None and torch.backends.mkldnn.is_available()
# Past so many rows, the best kernel stays the best.
_MANY_ROWS = 256
# A product with a smaller kernel is over before the kernels differ.
_LEAST_KERNEL = 64 * 64
# A kernel of our own is taken if it needs at most this share of the time of PyTorch's.
_FASTER = 0.9
_CHOSEN: dict[tuple[Any, ...], Callable[..., Any]] = {}


def linear(inputs: Tensor, kernel: Tensor, bias: Tensor = None, *, decoding: bool = False) -> Any:
    """Compute `inputs kernel + bias` by the kernel that is fastest here.

    Without gradients on CPUs there are several kernels, and which is fastest depends on the
    processor: oneDNN's took half the time of PyTorch's on some of AMD's, and half as much again on
    a newer one. So the first call of each shape measures them, if the kernel is not small.
    """
    device = inputs.device.type
    if device == "meta":  # Keras' symbolic tensors, beside which variables keep their own dtype.
        return inputs.new_empty((*inputs.shape[:-1], kernel.shape[-1]))
    if device != "cpu" or is_traced(inputs, kernel, bias) or _needs_gradient(inputs, kernel):
        return _usual(inputs, kernel, bias)
    rows = inputs.numel() // inputs.shape[-1]
    if not rows or kernel.numel() < _LEAST_KERNEL:
        return _usual(inputs, kernel, bias)
    least = power_of_two(min(rows, _MANY_ROWS))
    key = (least, *kernel.shape, *kernel.stride(), inputs.dtype, kernel.dtype)
    key += (bias is None, torch.get_num_threads())
    chosen = _CHOSEN.get(key)
    if chosen is None:
        some = inputs.reshape(-1, inputs.shape[-1])[:_MANY_ROWS]
        chosen = _CHOSEN[key] = _fastest(_kernels(rows, inputs, kernel), some, kernel, bias)
    return chosen(inputs, kernel, bias)


def _kernels(rows: int, inputs: Tensor, kernel: Tensor) -> list[Callable[..., Any]]:
    """The candidates for such a product, PyTorch's own first."""
    kernels: list[Callable[..., Any]] = [_usual]
    if _HAS_ONE_DNN and inputs.dtype == kernel.dtype == torch.float32:
        kernels.append(_by_one_dnn)
    parts = math.gcd(torch.get_num_threads(), inputs.shape[-1])
    if rows == 1 and inputs.dtype == kernel.dtype and kernel.is_contiguous():
        kernels.append(_in_parts if parts > 1 else _as_vector)
    return kernels


def _fastest(kernels: list[Callable[..., Any]], *arguments: Any) -> Callable[..., Any]:
    """The kernel to use: the first, unless another is plainly faster."""
    times = [math.inf] * len(kernels)
    for _ in range(4):
        for i, kernel in enumerate(kernels):
            start = time.perf_counter()
            kernel(*arguments)
            times[i] = min(times[i], time.perf_counter() - start)
    best = min(range(len(kernels)), key=times.__getitem__)
    return kernels[best if times[best] <= _FASTER * times[0] else 0]


def _usual(inputs: Tensor, kernel: Tensor, bias: Tensor) -> Any:
    return torch.nn.functional.linear(inputs, kernel.t(), bias)


def _by_one_dnn(inputs: Tensor, kernel: Tensor, bias: Tensor) -> Any:
    return _ONE_DNN(inputs, kernel.t(), bias, "none", [], "")


def _as_vector(inputs: Tensor, kernel: Tensor, bias: Tensor) -> Any:
    product = torch.matmul(inputs, kernel)
    return product if bias is None else product.add_(bias)


def _in_parts(inputs: Tensor, kernel: Tensor, bias: Tensor) -> Any:
    """For a single row: each thread sums a part, which reads the kernel 1.5 times as fast."""
    parts = math.gcd(torch.get_num_threads(), inputs.shape[-1])
    pieces = torch.bmm(inputs.reshape(parts, 1, -1), kernel.view(parts, -1, kernel.shape[-1]))
    product = pieces.sum(0).view(*inputs.shape[:-1], -1)
    return product if bias is None else product.add_(bias)


def _needs_gradient(inputs: Tensor, kernel: Tensor) -> bool:
    return torch.is_grad_enabled() and (inputs.requires_grad or kernel.requires_grad)
