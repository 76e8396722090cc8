"""The weight table: one line per tensor maps a checkpoint's tensors to a model's variables.

    encoder_{i}/query/kernel <- encoder.layer.{i}.attention.self.query.weight | transpose
    pooler/bias <- pooler.dense.bias ; optional
    <- embeddings.position_ids ; buffer
    h_{i}/query/kernel <- h.{i}.attn.c_attn.weight[:, 0 of 3]
    h_{i}/gate/kernel[{e}] <- h.{i}.experts.{e}.w1.weight | transpose

Left of `<-` stands the path of a model variable, right of it the tensor, then after `|` the
transforms that lead from tensor to variable, in this order, and after `;` the marks. Reading and
writing use the same lines: every transform has an inverse.

In brackets stands a slice (see `slices`), where one tensor holds several variables or one variable
several tensors. The slices of all lines must make up the whole. Fused projections of H query heads
and G heads of keys and of values are, in rows or (`:, ` before it) in columns,

    [0 of 3]  [1 of 3]  [2 of 3]                          query, key, value
    [0 of 3 x H]  [1 of 3 x H]  [2 of 3 x H]              these three for each head
    [0:H of H+G+G]  [H:H+G of H+G+G]  [H+G:H+G+G of …]    grouped heads, R = H / G of a group:
    [0:R of R+2 x G]  [R of R+2 x G]  [R+1 of R+2 x G]    queries, key and value of each group
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Self

import numpy as np

from nlpkit.presets.mapping.slices import Shape, TensorSlice, parse_slice
from nlpkit.presets.mapping.transforms import TRANSFORMS, Transform, find_transform

_LINE = re.compile(
    r"\s*(?P<variable>[^\s|;<\[]*)(?:\[(?P<slot>[^\]|;]+)\])?\s*<-"
    r"\s*(?P<tensor>[^\s|;\[]+)(?:\[(?P<part>[^\]|;]+)\])?"
    r"\s*(?:\|(?P<transforms>[^;|]+))?(?:;(?P<marks>[^;|]+))?"
)
_ALSO_SPELLED = "also spelled "
_IGNORED = ("other head", "buffer")
_KNOWN = ("or zero", "or fixed")
_MARKS = ("optional", *_KNOWN, "tied", "shared", *_IGNORED)


@dataclass(frozen=True)
class Line:
    """One line of a weight table.

    Args:
        variable: str. The variable's path in the model: see `named_variables`. Empty in lines that
            name tensors no variable needs.
        tensor: str. The tensor's name in the checkpoint; a pattern (`cls.*`) in the latter lines.
        transforms: tuple of str. Names of `TRANSFORMS`, from tensor to variable.
        marks: tuple of str, of these:
            `optional`: if the tensor is missing, the variable keeps its initial value (a warning
            names it). `or zero`: the same for a variable that begins at zero; nothing warns.
            `or fixed`: the same for one that is computed and not trained, such as sinusoids.
            `tied`: another line has the same variable; this tensor may be absent, and else equals
            the other's. `shared`: other heads have it, too. `also spelled OLD=NEW`: the last part
            of the tensor's name may be OLD instead of NEW. `other head`: belongs to a head that is
            not wanted. `buffer`: is no parameter.
        slot: str. The slice of the variable that the line is about; "" for all of it.
        part: str. The slice of the tensor, taken before the transforms; "" for all of it.
    """

    variable: str
    tensor: str
    transforms: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    slot: str = ""
    part: str = ""

    def __post_init__(self) -> None:
        for name in self.transforms:
            if find_transform(name) is None:
                self._refuse(f"unknown transform {name!r}; known: {', '.join(TRANSFORMS)}")
        for mark in self.marks:
            if mark not in _MARKS and not self._spelling(mark):
                known = ", ".join([*_MARKS, "also spelled OLD=NEW (NEW ends the tensor's name)"])
                self._refuse(f"unknown mark {mark!r}; known: {known}")
        if self.ignored == bool(self.variable):
            self._refuse("a line names a variable, or is marked 'other head' or 'buffer'")
        if (self.slot or self.part) and (self.tied or self.ignored):
            self._refuse("a slice cannot be marked 'tied', 'other head' or 'buffer'")
        for text in (self.slot, self.part):
            if "{" not in text:  # Else it is looked at when the indices have been put in.
                self._parsed(text)
        if self.part.isdecimal():
            self._refuse(f"[{self.part}] must say of how many, such as [{self.part} of 8]")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one line of text."""
        match = _LINE.fullmatch(text.rstrip())
        if not match:
            raise ValueError(
                f"{text!r} is not a line of a weight table: "
                "'variable <- tensor | transforms ; marks'."
            )
        transforms, marks = (_split(match[part]) for part in ("transforms", "marks"))
        slices = (match["slot"] or "", match["part"] or "")
        return cls(match["variable"], match["tensor"], transforms, marks, *slices)

    @property
    def optional(self) -> bool:
        """Whether the tensor may be missing."""
        return "optional" in self.marks

    @property
    def is_known(self) -> bool:
        """Whether the tensor may be missing, since it then is what the variable begins as."""
        return any(mark in _KNOWN for mark in self.marks)

    @property
    def tied(self) -> bool:
        """Whether the tensor repeats another line's."""
        return "tied" in self.marks

    @property
    def shared(self) -> bool:
        """Whether the tensor does not tell which head of a family there is."""
        return "shared" in self.marks

    @property
    def ignored(self) -> bool:
        """Whether the line names tensors that no variable needs."""
        return any(mark in _IGNORED for mark in self.marks)

    @property
    def target(self) -> str:
        """The variable's path, and in brackets the slice of it that is meant."""
        return f"{self.variable}[{self.slot}]" if self.slot else self.variable

    @cached_property
    def variable_slice(self) -> TensorSlice | None:
        """The slice of the variable that is meant; None for all of it."""
        return self._parsed(self.slot)

    @cached_property
    def tensor_slice(self) -> TensorSlice | None:
        """The slice of the tensor that is meant; None for all of it."""
        return self._parsed(self.part)

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """The tensor's names: the one to write, then other ones that are read."""
        others = (self._spelling(mark) for mark in self.marks)
        return (self.tensor, *(name for name in others if name))

    def ignores(self, tensor: str) -> bool:
        """Whether this line says that no variable needs `tensor`."""
        return self.ignored and fnmatchcase(tensor, self.tensor)

    def within(self, variable_prefix: str, tensor_prefix: str) -> "Line":
        """This line for a model, and a checkpoint, of which its own is a part."""
        foreign = "other head" in self.marks
        return replace(
            self,
            variable=self.variable and variable_prefix + self.variable,
            tensor=self.tensor if foreign else tensor_prefix + self.tensor,
        )

    def tensor_shape(self, variable_shape: Shape) -> Shape:
        """The shape that the whole tensor has, from that of the whole variable."""
        shape = self._shapes(variable_shape)[0]
        slice_ = self.tensor_slice
        return shape if slice_ is None else self._try(slice_.whole, shape)

    def slot_shape(self, variable_shape: Shape) -> Shape:
        """The shape of the slice of the variable, from that of the whole variable."""
        slice_ = self.variable_slice
        return variable_shape if slice_ is None else self._try(slice_.shape, variable_shape)

    def read(self, tensor: np.ndarray, variable_shape: Shape) -> np.ndarray:
        """The value of the variable, or of the slice of it, from the whole tensor's."""
        if (slice_ := self.tensor_slice) is not None:
            tensor = slice_.take(tensor)
        steps = zip(self._transforms, self._shapes(variable_shape)[1:], strict=True)
        for transform, after in steps:
            tensor = transform.read(tensor, after)
        return tensor

    def write(self, value: np.ndarray) -> np.ndarray:
        """The value of the tensor, or of the slice of it, from the whole variable's."""
        if (slice_ := self.variable_slice) is not None:
            value = slice_.take(value)
        for transform in reversed(self._transforms):
            value = transform.write(value)
        return value

    @cached_property
    def _transforms(self) -> list[Transform]:
        return [found for name in self.transforms if (found := find_transform(name))]

    def _shapes(self, variable_shape: Shape) -> list[Shape]:
        shapes = [self.slot_shape(variable_shape)]
        for transform in reversed(self._transforms):
            shapes.insert(0, transform.before(shapes[0]))
        return shapes

    def _spelling(self, mark: str) -> str:
        old, _, new = mark.removeprefix(_ALSO_SPELLED).partition("=")
        stem, dot, last = self.tensor.rpartition(".")
        return stem + dot + old if mark.startswith(_ALSO_SPELLED) and last == new else ""

    def _parsed(self, text: str) -> TensorSlice | None:
        return self._try(parse_slice, text) if text else None

    def _try(self, function: Callable[[Any], Any], value: object) -> Any:
        try:
            return function(value)
        except ValueError as error:
            return self._refuse(str(error))

    def _refuse(self, reason: str) -> None:
        part = f"[{self.part}]" if self.part else ""
        raise ValueError(f"Weight table, {self.target!r} <- {self.tensor + part!r}: {reason}.")


def parse(text: str) -> list[Line]:
    """Read a weight table: one line each, empty ones left out."""
    return [Line.parse(line) for line in text.splitlines() if line.strip()]


def expand(lines: Iterable[Line] | str, **ranges: Iterable[Any] | int) -> list[Line]:
    """Repeat the lines of a weight table that hold an index in braces.

    Args:
        lines: list of `Line`, or the table's text.
        **ranges: the values of each index: `i=range(12)` for `{i}`; or the only one: `heads=8`.

    Returns:
        list of `Line`.

    Example:
        >>> from nlpkit.presets.mapping.weight_table import expand
        >>> [line.tensor for line in expand("block_{i}/bias <- h.{i}.bias", i=range(2))]
        ['h.0.bias', 'h.1.bias']
    """
    values = {name: [of] if isinstance(of, int) else list(of) for name, of in ranges.items()}
    lines = parse(lines) if isinstance(lines, str) else lines
    return [copy for line in lines for copy in _copies(line, values)]


def _copies(line: Line, values: dict[str, list[Any]]) -> Iterator[Line]:
    texts = {name: getattr(line, name) for name in ("variable", "slot", "tensor", "part")}
    names = [name for name in values if f"{{{name}}}" in "".join(texts.values())]
    for chosen in itertools.product(*(values[name] for name in names)):
        copy = texts
        for name, value in zip(names, chosen, strict=True):
            copy = {field: x.replace(f"{{{name}}}", str(value)) for field, x in copy.items()}
        yield replace(line, **copy)


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",")) if text else ()
