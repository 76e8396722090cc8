"""Counter-based uniform random numbers: the same on every backend and in any batch.

A number depends on (seed, draw, step, lane) alone. There is no state to pass through a compiled
loop, and the numbers of a row do not depend on the other rows.
"""

from typing import Any

from keras import ops

from nlpkit._types import Tensor

# As signed 32-bit integers: the golden ratio's bits, an odd number for the lanes, and the
# multipliers of MurmurHash3's finalizer.
_GOLDEN = 0x9E3779B9 - 2**32
_LANE = 0x7FEB352D
_FIRST, _SECOND = 0x85EBCA6B - 2**32, 0xC2B2AE35 - 2**32


def stream_keys(streams: Tensor) -> Any:
    """Hash random streams: int32 `[R, 2]` (seed, draw) -> int32 `[R]`.

    Two draws of a seed never get the same key.
    """
    return _mixed(ops.bitwise_xor(_mixed(streams[:, 0] + _GOLDEN), streams[:, 1]))


def uniform(keys: Tensor, step: Tensor, lane: int = 0) -> Any:
    """Draw one number per row.

    The numbers are the upper 24 bits of a hash with MurmurHash3's finalizer (Appleby, 2011,
    public domain), computed in 32-bit integers that wrap around.

    Args:
        keys: int32 `[R]`, see `stream_keys`; or the streams themselves, int32 `[R, 2]`.
        step: int32, a scalar or `[R]`. The index of the number in its stream.
        lane: int. Which of several independent numbers of the same step.

    Returns:
        float32 `[R]`, multiples of 2**-24 in [0, 1).
    """
    keys = stream_keys(keys) if len(keys.shape) == 2 else keys
    offset = (lane * _LANE + 2**31) % 2**32 - 2**31
    bits = _mixed(ops.bitwise_xor(keys, step * _GOLDEN + offset))
    return ops.cast(_shifted(bits, 8), "float32") * 2.0**-24


def _mixed(bits: Tensor) -> Any:
    """MurmurHash3's finalizer: each bit of the input changes half of the output's."""
    bits = ops.bitwise_xor(bits, _shifted(bits, 16)) * _FIRST
    bits = ops.bitwise_xor(bits, _shifted(bits, 13)) * _SECOND
    return ops.bitwise_xor(bits, _shifted(bits, 16))


def _shifted(bits: Tensor, by: int) -> Any:
    """Shift right and fill with zeros, where the operator fills with the sign."""
    return ops.bitwise_and(ops.right_shift(bits, by), 2 ** (32 - by) - 1)
