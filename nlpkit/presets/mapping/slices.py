"""A slice of an array along one axis: of a fused tensor, or of a variable that stacks tensors.

2 of 3              the last of three equal parts of the first axis
:, 0:2 of 3         the first two thirds of the second axis
8:8+2 of 8+2+2      two parts of twelve, after the first eight
1 of 3 x 12         the axis is twelve groups of three parts; of each group the second part
:, :, 0 of 2 x 64   every second column of 128
5                   row 5, without the axis, as in NumPy (of a variable only)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

Shape = tuple[int, ...]

_SUM = r"\d+(?:\+\d+)*"
_PARTS = re.compile(
    rf"(?P<start>{_SUM})(?::(?P<stop>{_SUM}))? of (?P<total>{_SUM})(?: x (?P<repeats>\d+))?"
)


@dataclass(frozen=True)
class TensorSlice:
    """The parts `start` to `stop` of each of `repeats` groups of `total` parts of an axis.

    Args:
        axis: int. The axis that is divided.
        start, stop: int. The first part, and the one after the last.
        total: int. How many equal parts a group has; None for a single row, whose axis vanishes.
        repeats: int. How many groups the axis is.
    """

    axis: int
    start: int
    stop: int
    total: int | None
    repeats: int = 1

    def __post_init__(self) -> None:
        end = self.stop if self.total is None else self.total
        if self.repeats < 1 or not 0 <= self.start < self.stop <= end:
            raise ValueError(f"a slice [{self}] is empty or goes past the end")

    def __str__(self) -> str:
        width = f":{self.stop}" if self.stop - self.start > 1 else ""
        total = "" if self.total is None else f" of {self.total}"
        repeats = f" x {self.repeats}" if self.repeats > 1 else ""
        return f"{':, ' * self.axis}{self.start}{width}{total}{repeats}"

    @property
    def division(self) -> tuple[int, int | None, int]:
        """What slices of one array have in common."""
        return self.axis, self.total, self.repeats

    def shape(self, whole: Shape) -> Shape:
        """The shape of this slice of an array of the shape `whole`."""
        before, after = whole[: self.axis], whole[self.axis + 1 :]
        if self.total is None:
            self._check_row(whole)
            return before + after
        return (*before, self._scaled(whole, self.total, self.stop - self.start), *after)

    def whole(self, shape: Shape) -> Shape:
        """The shape of the array whose slice has this shape; not known of a single row."""
        if self.total is None:
            raise ValueError(f"[{self}] does not say of how many rows, such as [{self} of 8]")
        size = self._scaled(shape, self.stop - self.start, self.total)
        return (*shape[: self.axis], size, *shape[self.axis + 1 :])

    def take(self, array: np.ndarray) -> np.ndarray:
        """This slice of an array."""
        return self._view(array).reshape(self.shape(array.shape))

    def put(self, array: np.ndarray, value: np.ndarray) -> None:
        """Set this slice of a contiguous array, the inverse of `take`."""
        if value.shape != self.shape(array.shape):
            raise ValueError(
                f"the slice [{self}] of {array.shape} has another shape than {value.shape}"
            )
        view = self._view(array)
        view[...] = value.reshape(view.shape)

    def _view(self, array: np.ndarray) -> np.ndarray:
        before, after = array.shape[: self.axis], array.shape[self.axis + 1 :]
        total = array.shape[self.axis] if self.total is None else self.total
        groups = array.reshape(*before, self.repeats, total, -1, *after)
        return groups[(*(slice(None),) * (self.axis + 1), slice(self.start, self.stop))]

    def _check_row(self, shape: Shape) -> None:
        if self.axis >= len(shape) or self.stop > shape[self.axis]:
            raise ValueError(f"there is no [{self}] in the shape {shape}")

    def _scaled(self, shape: Shape, parts: int, target: int) -> int:
        size = shape[self.axis] if self.axis < len(shape) else 0
        if not size or size % (parts * self.repeats):
            times = f" {self.repeats} times" if self.repeats > 1 else ""
            raise ValueError(
                f"axis {self.axis} of {shape} cannot be split into {parts} equal parts{times}"
            )
        return size // parts * target


@cache
def parse_slice(text: str) -> TensorSlice:
    """Read what stands in the brackets of a weight table; see the top of this module.

    Raises:
        ValueError: it is nothing of that, or divides no axis or several.
    """
    axes = [part.strip() for part in text.split(",")]
    divided = [axis for axis, part in enumerate(axes) if part != ":"]
    match = _PARTS.fullmatch(axes[-1])
    if divided != [len(axes) - 1] or not (match or axes[-1].isdecimal()):
        raise ValueError(
            f"unknown slice [{text}]; it is such as [0 of 3], [:, 0:2 of 3], [1 of 3 x 12] or [5], "
            "with nothing after the axis that is divided"
        )
    if match is None:
        return TensorSlice(divided[0], int(axes[-1]), int(axes[-1]) + 1, None)
    start = _sum(match["start"])
    stop = _sum(match["stop"]) if match["stop"] else start + 1
    return TensorSlice(divided[0], start, stop, _sum(match["total"]), int(match["repeats"] or 1))


def faults(
    name: str, slices: Sequence[TensorSlice], rows: int | None = None
) -> tuple[list[str], list[str]]:
    """What keeps slices from being an array, each element of it once.

    Args:
        name: str. The array's, which its slices are called by.
        slices: list of `TensorSlice`.
        rows: int. How many rows there are, if the slices are single rows; None if that is not
            known: then there are none after the last.

    Returns:
        list of what is in no slice, and list of what is in two. Slices that do not divide the array
        in the same way are in the latter.
    """
    axis, total, repeats = slices[0].division
    if any(slice_.division != slices[0].division for slice_ in slices):
        return [], [" and ".join(f"{name}[{slice_}]" for slice_ in dict.fromkeys(slices))]
    missing, twice, reached = [], [], 0
    for slice_ in sorted(slices, key=lambda slice_: slice_.start):
        missing += [(reached, slice_.start)] if slice_.start > reached else []
        twice += [(slice_.start, min(reached, slice_.stop))] if slice_.start < reached else []
        reached = max(reached, slice_.stop)
    end = total or rows or reached
    missing += [(reached, end)] if reached < end else []

    def named(parts: list[tuple[int, int]]) -> list[str]:
        return [f"{name}[{TensorSlice(axis, *part, total, repeats)}]" for part in parts]

    return named(missing), named(twice)


def _sum(text: str) -> int:
    return sum(map(int, text.split("+")))
