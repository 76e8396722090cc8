"""Checks that tensors of a checkpoint are valid weights."""

from collections.abc import Iterable

import numpy as np

# Weights are far below: those of published models below 10,000.
_LARGEST_EXPONENT = 30
# Numbers looked at together, which fit a processor's cache.
_CHUNK = 1 << 16
# Of each floating-point type the integers of its size, the bits of its exponent, and its bias.
_LAYOUTS = {
    "float16": ("u2", 0x7C00, 10, 15),
    "bfloat16": ("u2", 0x7F80, 7, 127),
    "float32": ("u4", 0x7F800000, 23, 127),
    "float64": ("u8", 0x7FF0000000000000, 52, 1023),
}


def check_weights(name: str, tensor: np.ndarray, dtypes: Iterable[str]) -> None:
    """Check that a tensor can be read into variables.

    Args:
        name: str. Of the tensor, for the error's message.
        tensor: array. Its content.
        dtypes: str. Those of the variables.

    Raises:
        ValueError: it has integers where floating-point numbers belong, or numbers that are not
            finite, or so large that a model would not compute with them.
    """
    dtypes = set(dtypes)
    if all(np.dtype(dtype).kind in "iub" for dtype in dtypes):
        return
    if tensor.dtype.name not in _LAYOUTS:
        raise ValueError(
            f"The tensor {name} holds numbers of the type {tensor.dtype}; weights are "
            f"{', '.join(_LAYOUTS)}. (Quantized weights must be converted first.)"
        )
    limit = min(_LARGEST_EXPONENT, 16 if "float16" in dtypes else _LARGEST_EXPONENT)
    if _has_exponent(tensor, limit):
        raise ValueError(
            f"The tensor {name} has values that are not finite, or not in (-2**{limit}, "
            f"2**{limit}): its file is damaged, or its training has diverged."
        )


def _has_exponent(tensor: np.ndarray, limit: int) -> bool:
    """Whether a number is at least 2**limit, infinite, or NaN."""
    integers, exponent, shift, bias = _LAYOUTS[tensor.dtype.name]
    least = min((bias + limit) << shift, exponent)
    bits = tensor.reshape(-1).view(integers)
    chunks = (bits[start : start + _CHUNK] for start in range(0, bits.size, _CHUNK))
    return any(((chunk & exponent) >= least).any() for chunk in chunks)
