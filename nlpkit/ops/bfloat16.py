"""Rounding to bfloat16 where numbers stay float32."""

from typing import Any

from keras import ops

from nlpkit._types import Tensor

# The 16 bits that bfloat16 lacks.
_SHIFT = 1 << 16


def round_to_bfloat16(x: Tensor) -> Any:
    """The nearest numbers that bfloat16 has, as float32; of two as near the even one.

    It works on the bits: compilers leave out a cast to bfloat16 and back. Not for infinities.
    """
    bits = ops.view(ops.cast(x, "float32"), "int32")
    bits = bits + 0x7FFF + ops.floor_divide(bits, _SHIFT) % 2
    return ops.view(ops.floor_divide(bits, _SHIFT) * _SHIFT, "float32")
