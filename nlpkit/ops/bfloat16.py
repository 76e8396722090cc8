"""Rounding of float32 numbers to the precision of bfloat16."""

from typing import Any

from keras import ops

from nlpkit._types import Tensor

# The 16 bits that bfloat16 lacks.
_SHIFT = 1 << 16


def round_to_bfloat16(x: Tensor) -> Any:
    """Round to the nearest bfloat16, ties to even, and return float32.

    It works on the bits, since compilers optimize away a cast to bfloat16 and back. Not for
    infinities.
    """
    bits = ops.view(ops.cast(x, "float32"), "int32")
    bits = bits + 0x7FFF + ops.floor_divide(bits, _SHIFT) % 2
    return ops.view(ops.floor_divide(bits, _SHIFT) * _SHIFT, "float32")
