"""Frozen dataclasses of tensors that pass through compiled loops and programs."""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

from nlpkit.ops import backend

T = TypeVar("T")


def static(**options: Any) -> Any:
    """A field that is a hashable value rather than a tensor: programs are compiled for each value.

    Args:
        **options: of `dataclasses.field`.
    """
    return dataclasses.field(metadata={"static": True}, **options)


@dataclass_transform(frozen_default=True, field_specifiers=(static, dataclasses.field))
def tree(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass that passes through the backend's loops and programs.

    Its fields are tensors, trees of such, or None, except those that are `static`.
    """
    made = dataclasses.dataclass(frozen=True)(cls)
    fields = dataclasses.fields(made)  # type: ignore[arg-type]
    statics = tuple(x.name for x in fields if x.metadata.get("static"))
    backend.register_tree(made, tuple(x.name for x in fields if x.name not in statics), statics)
    return made


def replaced(x: T, **changes: Any) -> T:
    """Copy a dataclass with some fields replaced.

    `dataclasses.replace` takes ten times as long, and decoding does this several times a token.
    """
    new = object.__new__(type(x))
    values = vars(new)
    values.update(vars(x))
    values.update(changes)
    if len(values) != len(vars(x)):
        raise TypeError(f"{type(x).__name__} has no such fields: {sorted(changes)}.")
    return new


def map_fields(function: Callable[[Any], Any], x: T) -> T:
    """Copy a dataclass with `function` applied to the fields that are neither None nor `static`."""
    fields = dataclasses.fields(x)  # type: ignore[arg-type]
    held = {
        field.name: getattr(x, field.name) for field in fields if not field.metadata.get("static")
    }
    return replaced(x, **{name: function(v) for name, v in held.items() if v is not None})
