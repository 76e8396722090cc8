"""Attention by PyTorch's fused kernel, in training too."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch.compiler import is_compiling

from nlpkit._types import DType, Tensor
from nlpkit.ops.backend.torch.random import drawn_from


def fuses_attention(query: Tensor, key: Tensor, dropout: float) -> bool:
    """Always: the kernel has dropout, and does not copy a cache."""
    return True


def fused_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    scale: float,
    mask: Tensor = None,
    bias: Tensor = None,
    dropout: float = 0.0,
    seed: Tensor = None,
) -> Any:
    """Compute attention with `scaled_dot_product_attention`."""
    query, key, value = (x.transpose(1, 2) for x in (query, key, value))  # B H T D
    grouped = key.shape[1] != query.shape[1]
    with _context(seed if dropout else None, query.device):
        output = torch.nn.functional.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=_additive(mask, bias, query.dtype),
            dropout_p=dropout,
            scale=scale,
            enable_gqa=grouped,
        )
    return output.transpose(1, 2)  # B T H D


def _context(seed: Tensor, device: Any) -> AbstractContextManager[None]:
    """Draw from a seed that was given; without one, and while compiling, as Keras' dropout does."""
    is_given = seed is not None and seed._initial_seed is not None
    return drawn_from(seed, device) if is_given and not is_compiling() else nullcontext()


def _additive(mask: Tensor, bias: Tensor, dtype: DType) -> Any:
    parts = [] if mask is None else [mask[:, None]]
    parts += [] if bias is None else [bias.to(dtype)]
    return sum(parts[1:], parts[0]) if parts else None
