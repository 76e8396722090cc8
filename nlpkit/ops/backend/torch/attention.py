"""Attention by PyTorch's fused kernel, in training too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from keras.src.random.seed_generator import draw_seed

from nlpkit._types import DType, Tensor


def fuses_attention(query: Tensor, key: Tensor, dropout: float) -> bool:
    """Always: the kernel drops weights too, and does not copy a cache."""
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
    with _drawn_from(seed if dropout else None, query.device):
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


@contextmanager
def _drawn_from(seed: Tensor, device: Any) -> Iterator[None]:
    """Within, the kernel, which takes no generator, draws what follows from a seed that was given.

    Without one it draws from PyTorch's own generator, as Keras' dropout does; so it does while
    PyTorch compiles, and on other devices than CPUs and NVIDIA's.
    """
    is_given = seed is not None and seed._initial_seed is not None
    if not is_given or torch.compiler.is_compiling() or device.type not in ("cpu", "cuda"):
        yield
        return
    own = torch.default_generator
    if device.type == "cuda":
        own = torch.cuda.default_generators[device.index or 0]
    number, before = int(draw_seed(seed).sum()), own.get_state()
    own.manual_seed(number)
    try:
        yield
    finally:
        own.set_state(before)


def _additive(mask: Tensor, bias: Tensor, dtype: DType) -> Any:
    parts = [] if mask is None else [mask[:, None]]
    parts += [] if bias is None else [bias.to(dtype)]
    return sum(parts[1:], parts[0]) if parts else None
