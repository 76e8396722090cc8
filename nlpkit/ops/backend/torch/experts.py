"""Mixtures of experts on PyTorch: each expert once, on all tokens routed to it."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from nlpkit._types import Tensor


def apply_experts(
    x: Tensor, chosen: Tensor, expert: Callable[..., Any], parameters: Sequence[Any]
) -> Any:
    """Apply each expert once, to all tokens routed to it."""
    # The gradient of `parameter[e]` would have the size of all experts, each time.
    if torch.is_grad_enabled():
        parameters = [parameter.unbind() for parameter in parameters]

    def run(e: int, rows: Tensor) -> Any:
        return expert(rows, *[parameter[e] for parameter in parameters])

    # Reading the routing is the only point at which the host waits for an accelerator.
    if len(x) == 1:
        return torch.stack([run(e, x) for e in chosen[0].tolist()], dim=1)
    per_token, chosen = chosen.shape[1], chosen.reshape(-1)
    order = torch.argsort(chosen, stable=True)
    sizes = torch.bincount(chosen, minlength=len(parameters[0])).tolist()
    groups = x[order // per_token].split(sizes)
    parts = [run(e, group) for e, group in enumerate(groups) if sizes[e]]
    outputs = torch.cat(parts) if parts else x[:0]
    return outputs[torch.argsort(order)].reshape(-1, per_token, x.shape[-1])
