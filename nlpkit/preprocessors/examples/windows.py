"""Windows of long sequences, which overlap and never split a unit."""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Window(NamedTuple):
    """A part of a sequence of tokens.

    Attributes:
        start, end: int. Its tokens.
        first, last: int. Those it answers for: of tokens that windows share, each has the ones that
            are nearer to its middle. `last` is the one after.
    """

    start: int
    end: int
    first: int
    last: int


def windows(ends: Sequence[int], length: int, stride: int) -> list[Window]:
    """Split a sequence into windows.

    Args:
        ends: list of int. Where the sequence may be split: 0, and the index after each unit.
        length: int. The maximum number of tokens of a window; no unit is longer.
        stride: int. The maximum number of tokens that a window repeats of the previous one, in
            whole units; less than `length`.

    Returns:
        The windows, one without tokens if there are none.
    """
    bounds, first = [], 0
    while True:
        last = bisect_right(ends, ends[first] + length) - 1
        bounds.append((ends[first], ends[last]))
        if last == len(ends) - 1:
            break
        repeated = bisect_left(ends, ends[last] - stride)
        first = max(repeated, bisect_left(ends, ends[last + 1] - length))
    middles = [
        ends[bisect_left(ends, (start + end) // 2)]
        for (_, end), (start, _) in itertools.pairwise(bounds)
    ]
    owned = zip([0, *middles], [*middles, ends[-1]], strict=True)
    return [Window(*bound, *own) for bound, own in zip(bounds, owned, strict=True)]
