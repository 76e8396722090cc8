"""A piece of an array along one axis: of a fused tensor, or of a variable that stacks tensors.

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
class Piece:
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
            raise ValueError(f"a piece [{self}] is empty or goes past the end")

    def __str__(self) -> str:
        width = f":{self.stop}" if self.stop - self.start > 1 else ""
        total = "" if self.total is None else f" of {self.total}"
        repeats = f" x {self.repeats}" if self.repeats > 1 else ""
        return f"{':, ' * self.axis}{self.start}{width}{total}{repeats}"

    @property
    def division(self) -> tuple[int, int | None, int]:
        """What pieces of one array have in common."""
        return self.axis, self.total, self.repeats

    def shape(self, whole: Shape) -> Shape:
        """The shape of this piece of an array of the shape `whole`."""
        before, after = whole[: self.axis], whole[self.axis + 1 :]
        if self.total is None:
            self._check_row(whole)
            return before + after
        return (*before, self._scaled(whole, self.total, self.stop - self.start), *after)

    def whole(self, shape: Shape) -> Shape:
        """The shape of the array whose piece has this shape; not known of a single row."""
        if self.total is None:
            raise ValueError(f"[{self}] does not say of how many rows, such as [{self} of 8]")
        size = self._scaled(shape, self.stop - self.start, self.total)
        return (*shape[: self.axis], size, *shape[self.axis + 1 :])

    def take(self, array: np.ndarray) -> np.ndarray:
        """This piece of an array."""
        return self._view(array).reshape(self.shape(array.shape))

    def put(self, array: np.ndarray, value: np.ndarray) -> None:
        """Set this piece of a contiguous array, the inverse of `take`."""
        if value.shape != self.shape(array.shape):
            raise ValueError(
                f"the piece [{self}] of {array.shape} has another shape than {value.shape}"
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
            raise ValueError(f"axis {self.axis} of {shape} is no {parts} equal parts{times}")
        return size // parts * target


@cache
def parse_piece(text: str) -> Piece:
    """Read what stands in the brackets of a weight table; see the top of this module.

    Raises:
        ValueError: it is nothing of that, or divides no axis or several.
    """
    axes = [part.strip() for part in text.split(",")]
    divided = [axis for axis, part in enumerate(axes) if part != ":"]
    match = _PARTS.fullmatch(axes[-1])
    if divided != [len(axes) - 1] or not (match or axes[-1].isdecimal()):
        raise ValueError(
            f"unknown piece [{text}]; it is such as [0 of 3], [:, 0:2 of 3], [1 of 3 x 12] or [5], "
            "with nothing after the axis that is divided"
        )
    if match is None:
        return Piece(divided[0], int(axes[-1]), int(axes[-1]) + 1, None)
    start = _sum(match["start"])
    stop = _sum(match["stop"]) if match["stop"] else start + 1
    return Piece(divided[0], start, stop, _sum(match["total"]), int(match["repeats"] or 1))


def faults(
    name: str, pieces: Sequence[Piece], rows: int | None = None
) -> tuple[list[str], list[str]]:
    """What keeps pieces from being an array, each element of it once.

    Args:
        name: str. The array's, which its pieces are called by.
        pieces: list of `Piece`.
        rows: int. How many rows there are, if the pieces are single rows; None if that is not
            known: then there are none after the last.

    Returns:
        list of what is in no piece, and list of what is in two. Pieces that do not divide the array
        in the same way are in the latter.
    """
    axis, total, repeats = pieces[0].division
    if any(piece.division != pieces[0].division for piece in pieces):
        return [], [" and ".join(f"{name}[{piece}]" for piece in dict.fromkeys(pieces))]
    missing, twice, reached = [], [], 0
    for piece in sorted(pieces, key=lambda piece: piece.start):
        missing += [(reached, piece.start)] if piece.start > reached else []
        twice += [(piece.start, min(reached, piece.stop))] if piece.start < reached else []
        reached = max(reached, piece.stop)
    end = total or rows or reached
    missing += [(reached, end)] if reached < end else []

    def named(parts: list[tuple[int, int]]) -> list[str]:
        return [f"{name}[{Piece(axis, *part, total, repeats)}]" for part in parts]

    return named(missing), named(twice)


def _sum(text: str) -> int:
    return sum(map(int, text.split("+")))
