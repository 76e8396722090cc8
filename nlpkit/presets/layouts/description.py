"""Descriptions of objects as plain values: class name and constructor arguments, nested."""

import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from nlpkit._config import Configurable, argument_names, configuration_names
from nlpkit._registry import known_classes
from nlpkit.presets.layouts.argument_types import check_type
from nlpkit.presets.preset import FromPreset

# Keras' own constructor arguments, which every class takes.
KERAS_ARGUMENTS = ("name", "dtype", "trainable")
# Arguments that are objects, described within the object that has them.
PARTS = ("backbone", "preprocessor", "tokenizer", "audio_converter")


def describe(thing: Any) -> dict[str, Any]:
    """Describe an object in JSON values.

    The dtype of models is left out, as it is chosen anew when they are loaded; that of a tokenizer
    or preprocessor, which is the dtype of its ids, is part of the description.

    Returns:
        dict with the keys `class` and `arguments`.

    Raises:
        ValueError: an argument's value is neither plain nor an object of nlpkit.
    """
    cls = stored_class(type(thing))
    arguments = {
        name: _plain(getattr(thing, name), f"{cls.__name__}({name}=…)")
        for name in configuration_names(cls)
    }
    if cls.preset_kind in ("tokenizer", "preprocessor"):
        arguments["dtype"] = thing.dtype_policy.name
    return {"class": cls.__name__, "arguments": arguments}


def stored_class(cls: type) -> Any:
    """The class under whose name objects of `cls` are stored: the first one that is nlpkit's."""
    known = known_classes()
    for ancestor in cls.__mro__:
        if known.get(ancestor.__name__) is ancestor:
            return ancestor
    raise ValueError(f"{cls.__name__} extends no class of nlpkit and cannot be stored.")


def takes(cls: type, name: str) -> bool:
    """Whether the constructor of `cls` has an argument of this name."""
    return name in argument_names(cls) or name in KERAS_ARGUMENTS


def required_arguments(cls: type[FromPreset]) -> list[str]:
    """The constructor arguments of a task that have no default, its backbone left out."""
    parameters = inspect.signature(cls.__init__).parameters
    return [
        name
        for name in argument_names(cls)
        if name in parameters
        and parameters[name].default is inspect.Parameter.empty
        and name not in ("backbone", "preprocessor")
    ]


def default_of(cls: type, name: str) -> Any:
    """The default of a constructor argument, or None."""
    for ancestor in cls.__mro__:
        parameter = inspect.signature(vars(ancestor).get("__init__", _nothing)).parameters.get(name)
        if parameter and parameter.default is not inspect.Parameter.empty:
            return parameter.default
    return None


def check_arguments(cls: type, arguments: dict[str, Any], source: str) -> None:
    """Check that stored arguments are arguments of the class, and plain values of their types.

    Those that are objects, described in turn, are not looked at.

    Raises:
        ValueError: some are not; the message names them.
    """
    unknown = [name for name in arguments if not takes(cls, name)]
    if unknown:
        raise ValueError(
            f"{source} gives {cls.__name__} unknown arguments: {', '.join(unknown)}; it takes "
            f"{', '.join(argument_names(cls))}."
        )
    for name, value in arguments.items():
        if name not in PARTS:
            check_type(cls, name, value, source)


def _nothing() -> None:
    pass


def _plain(value: Any, where: str) -> Any:
    if isinstance(value, Configurable):
        return describe(value)
    if isinstance(value, dict):
        return {key: _plain(item, where) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, where) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if callable(value) and _is_activation(value):
        return value.__name__
    raise ValueError(
        f"{where} is {value!r}, which a preset cannot hold: it stores plain values, so that "
        "loading runs no code. Give the argument by name, or build the object in code."
    )


def _is_activation(value: Callable[..., Any]) -> bool:
    # Not keras.activations.serialize: it imports TensorFlow wherever it is installed.
    name = getattr(value, "__name__", "")
    return getattr(keras.activations, name, None) is value
