"""The affine map of a single row, as XLA computes it fastest on CPUs."""

import math
from functools import cache
from typing import Any

import keras
from keras import ops

# Of 1 to 96 parts, eight read a kernel of 768 x 3072 fastest: 1.25 times as fast as one, and more
# on a machine with nothing else to do.
_PARTS = 8


def is_row(inputs: Any) -> bool:
    """Whether inputs `[..., in]` are a single row, on CPUs."""
    return all(size == 1 for size in inputs.shape[:-1]) and _only_cpus()


def linear_row(inputs: Any, kernel: Any, bias: Any = None) -> Any:
    """Compute `inputs kernel + bias`: `[..., in]`, `[in, out]`, `[out]` -> `[..., out]`."""
    size, units = kernel.shape
    parts = math.gcd(_PARTS, size)
    pieces = ops.matmul(
        ops.reshape(inputs, (parts, 1, size // parts)),
        ops.reshape(kernel, (parts, size // parts, units)),
    )
    outputs = ops.reshape(ops.sum(pieces, axis=0), (*inputs.shape[:-1], units))
    return outputs if bias is None else outputs + bias


@cache
def _only_cpus() -> bool:
    return all(device.startswith("cpu") for device in keras.distribution.list_devices())
