"""Moving weights between a Keras model's variables and the tensors of a checkpoint."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from nlpkit.presets.cover import Cover, check_table
from nlpkit.presets.deferred import initialize
from nlpkit.presets.weights import Line

BACKBONE = "backbone/"


def named_variables(layer: keras.Layer) -> dict[str, keras.Variable]:
    """The weights of a layer and of the layers in it, by path.

    A path is the names of the nested layers, the outermost left out, and the variable's name,
    joined by `/`. What several layers share is listed once, where it is met first.

    Raises:
        ValueError: two variables have the same path.
    """
    return _walk(layer, "", set())


def model_variables(model: Any) -> dict[str, keras.Variable]:
    """The weights of a backbone, or of a task, whose backbone's paths start with `backbone/`."""
    if not hasattr(model, "backbone"):
        return named_variables(model)
    seen: set[int] = set()
    backbone = _walk(model.backbone, BACKBONE, seen)
    return backbone | _walk(model, "", seen)


def shapes(variables: Mapping[str, keras.Variable]) -> dict[str, tuple[int, ...]]:
    """The shapes of variables, by the same names."""
    return {name: tuple(variable.shape) for name, variable in variables.items()}


def assign(
    cover: Cover,
    variables: Mapping[str, keras.Variable],
    read: Callable[[str], np.ndarray],
    skip: Collection[str] = (),
) -> None:
    """Read the tensors one by one into their variables.

    Args:
        cover: which tensor each variable is read from.
        variables: the model's, by path.
        read: gives the tensor of a name.
        skip: paths of variables that keep their values.

    Raises:
        ValueError: a tensor that is tied to another has other values.
    """
    for path, (line, name) in cover.lines.items():
        if path not in skip:
            variable = variables[path]
            value = line.read(read(name), tuple(variable.shape))
            initialize(variable, np.asarray(value, dtype=variable.dtype))
    for line, name in cover.ties:
        first, first_name = cover.lines[line.variable]
        shape = tuple(variables[line.variable].shape)
        if not np.array_equal(line.read(read(name), shape), first.read(read(first_name), shape)):
            raise ValueError(
                f"The tensors {name} and {first_name} differ, but {line.variable} is both: weights "
                "that are not tied are not supported here."
            )


def collect(
    table: Sequence[Line], variables: Mapping[str, keras.Variable], model: str
) -> dict[str, np.ndarray]:
    """The tensors of a checkpoint that holds these variables; the inverse of `assign`.

    Raises:
        ValueError: the table does not name every variable exactly once (a LoRA or quantized
            model has variables of its own).
    """
    check_table(table, variables, model)
    return {
        line.tensor: line.write(keras.ops.convert_to_numpy(variables[line.variable].value))
        for line in table
        if not line.ignored and not line.tied
    }


def _walk(layer: keras.Layer, prefix: str, seen: set[int]) -> dict[str, keras.Variable]:
    if id(layer) in seen:
        return {}
    seen.add(id(layer))
    found: dict[str, keras.Variable] = {}
    for variable in layer._trainable_variables + layer._non_trainable_variables:
        if id(variable) not in seen:
            seen.add(id(variable))
            _add(found, {prefix + variable.name: variable})
    for inner in layer._flatten_layers(include_self=False, recursive=False):
        _add(found, _walk(inner, f"{prefix}{inner.name}/", seen))
    return found


def _add(found: dict[str, keras.Variable], more: dict[str, keras.Variable]) -> None:
    twice = found.keys() & more.keys()
    if twice:
        raise ValueError(
            f"Two variables have the path {min(twice)!r}: layers that stand side by side need "
            "different names."
        )
    found.update(more)
