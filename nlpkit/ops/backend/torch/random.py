"""PyTorch's own generator, from which its kernels with dropout draw."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import torch
from keras.src.backend.torch.core import get_device
from keras.src.random.seed_generator import draw_seed

from nlpkit._types import Tensor


@contextmanager
def drawn_from(seed: Tensor, device: Any) -> Iterator[None]:
    """Seed PyTorch's generator within a context, and restore its state afterwards.

    Nothing is seeded on devices other than CPUs and NVIDIA's.
    """
    if device.type not in ("cpu", "cuda"):
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


def seeded_step(step: Callable[[Any], Any], model: keras.Model) -> Callable[[Any], Any]:
    """Seed PyTorch's own generator, from which Keras draws for layers that were given no seed.

    It is seeded from the first of those layers' seeds, which has no other use on PyTorch.
    """
    held = (seed for layer in model._flatten_layers() for seed in layer._seed_generators)
    first = next((seed for seed in held if seed._initial_seed is None), None)
    if first is None:
        return step

    def seeded(batch: Any) -> Any:
        with drawn_from(first, torch.device(get_device())):
            return step(batch)

    return seeded
