"""Steps that are computed again for their gradients, on PyTorch."""

from typing import Any

import keras
import torch
from torch.utils.checkpoint import get_device_states, set_device_states

from nlpkit.ops.backend.default.rematerialization import Step


def scan_rematerialized(
    step: Step, parameters: list[Any], states: list[Any], batches: Any
) -> tuple[Any, list[Any]]:
    """Loop over batches once for the outputs, and once for the sum of the gradients.

    A graph of all batches, as of `keras.remat`, is taken apart only when its last one is done: the
    memory would grow with their number.
    """
    outputs, *last = _Scan.apply(step, states, batches, *parameters)
    return outputs, last


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, step: Step, states: list[Any], batches: Any, *parameters: Any) -> Any:
        ctx.step, ctx.states, ctx.batches, ctx.parameters = step, states, batches, parameters
        ctx.drawn = torch.get_rng_state(), get_device_states(*states, *keras.tree.flatten(batches))
        outputs = []
        for batch in _unstacked(batches):
            output, states = step([*parameters], states, batch)
            outputs.append(output)
        ctx.mark_non_differentiable(*states)
        return torch.stack(outputs), *states

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Any, *_: Any) -> Any:
        parameters = [x.detach().requires_grad_() for x in ctx.parameters]
        sums = [torch.zeros_like(x) for x in parameters]
        states, (drawn, (devices, of_devices)) = ctx.states, ctx.drawn
        with torch.random.fork_rng(devices), torch.enable_grad():
            torch.set_rng_state(drawn)
            set_device_states(devices, of_devices)
            for batch, gradient in zip(_unstacked(ctx.batches), upstream, strict=True):
                output, states = ctx.step(parameters, states, batch)
                found = torch.autograd.grad(output, parameters, gradient, allow_unused=True)
                for total, part in zip(sums, found, strict=True):
                    if part is not None:
                        total += part
        return None, None, None, *sums


def _unstacked(batches: Any) -> list[Any]:
    count = len(keras.tree.flatten(batches)[0])
    return [keras.tree.map_structure(lambda x, i=i: x[i], batches) for i in range(count)]
