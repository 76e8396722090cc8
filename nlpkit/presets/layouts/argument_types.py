"""Type checks of stored arguments against constructor annotations."""

import inspect
import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from nlpkit.presets.preset import FromPreset

# What Keras' own constructor arguments may be in a preset.
_KERAS = {"name": str | None, "dtype": str | None, "trainable": bool}


def check_type(cls: type[FromPreset], name: str, value: object, source: str) -> None:
    """Check that a stored argument is a plain value of the annotated type.

    Args:
        cls: the class.
        name: str. The argument; of the arguments of parts, such as `backbone`, nothing is checked.
        value: what a preset stores.
        source: str. The file, for error messages.

    Raises:
        ValueError: it is not, or the argument is an asset, which stands in a file of its own: a
            path in its place could have any file read.
    """
    if name in getattr(cls, "assets", ()):
        raise ValueError(f"{source} gives {cls.__name__} the argument {name}, which is a file.")
    annotation = _KERAS.get(name, annotation_of(cls, name))
    if not fits(value, annotation):
        expected = "a plain value" if annotation is Any else getattr(annotation, "__name__", "")
        raise ValueError(
            f"{source}: {name} of {cls.__name__} must be {expected or annotation}; got "
            f"{value!r:.100}."
        )


def annotation_of(cls: type, name: str) -> Any:
    """The annotation of a constructor argument, or Any."""
    for ancestor in cls.__mro__:
        constructor = vars(ancestor).get("__init__")
        parameter = constructor and inspect.signature(constructor).parameters.get(name)
        if parameter and parameter.annotation is not inspect.Parameter.empty:
            return parameter.annotation
    return Any


def fits(value: object, annotation: object) -> bool:
    """Whether a value from JSON is of an annotated type; of Any are the plain ones and lists."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        return _is_plain(value) or (isinstance(value, list) and all(map(_is_plain, value)))
    if origin in (Union, types.UnionType):
        return any(fits(value, option) for option in inner)
    if origin is Literal:
        return value in inner
    if origin in (list, tuple, Sequence):
        return isinstance(value, list) and all(fits(item, inner[0]) for item in value)
    if origin in (dict, Mapping):
        return isinstance(value, dict) and all(fits(item, inner[1]) for item in value.values())
    if annotation in (None, type(None)):
        return value is None
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is annotation and _is_plain(value)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)
