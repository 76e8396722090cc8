"""The named transforms of weight tables, from a tensor of a checkpoint to a variable.

transpose           the axes the other way round
swap first axes     the first and the second axis
split heads         the last axis as the variable's last two
merge 4 last heads  the last two axes, of 4 heads and what each has, as one
merge 4 first heads the same of the first two
after 2 rows        as many rows of zeros, then the tensor: rows that only padding would look up
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nlpkit.presets.mapping.slices import Shape


class Transform(NamedTuple):
    """One invertible step between a tensor and a variable.

    Attributes:
        before: the shape before the step, from the shape after it.
        read: an array before the step, and the shape after it, to the array after it.
        write: the inverse of `read`.
    """

    before: Callable[[Shape], Shape]
    read: Callable[[np.ndarray, Shape], np.ndarray]
    write: Callable[[np.ndarray], np.ndarray]


def _merge_heads(shape: Shape) -> Shape:
    return (*shape[:-2], shape[-2] * shape[-1])


TRANSFORMS = {
    "transpose": Transform(lambda shape: shape[::-1], lambda x, _: x.T, lambda x: x.T),
    "swap first axes": Transform(
        lambda shape: (*shape[1::-1], *shape[2:]),
        lambda x, _: x.swapaxes(0, 1),
        lambda x: x.swapaxes(0, 1),
    ),
    "split heads": Transform(
        _merge_heads, lambda x, shape: x.reshape(shape), lambda x: x.reshape(_merge_heads(x.shape))
    ),
}
_MERGE = re.compile(r"merge (?P<heads>[1-9][0-9]*) (?P<place>first|last) heads")
_AFTER = re.compile(r"after (?P<rows>[1-9][0-9]*) rows")


def find_transform(name: str) -> Transform | None:
    """The transform of a name; None if there is none of it."""
    if merge := _MERGE.fullmatch(name):
        return _merge(int(merge["heads"]), merge["place"] == "first")
    if after := _AFTER.fullmatch(name):
        return _after(int(after["rows"]))
    return TRANSFORMS.get(name)


def _merge(heads: int, is_first: bool) -> Transform:
    def split(shape: Shape) -> Shape:
        if is_first:
            return (heads, shape[0] // heads, *shape[1:])
        return (*shape[:-1], heads, shape[-1] // heads)

    return Transform(split, lambda x, shape: x.reshape(shape), lambda x: x.reshape(split(x.shape)))


def _after(rows: int) -> Transform:
    def read(x: np.ndarray, shape: Shape) -> np.ndarray:
        value = np.zeros(shape, x.dtype)
        value[rows:] = x
        return value

    return Transform(lambda shape: (shape[0] - rows, *shape[1:]), read, lambda x: x[rows:])
