"""Copying weights between a Keras model's variables and the tensors of a checkpoint."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import keras
import numpy as np

from nlpkit.presets.formats.finite_numbers import check_weights
from nlpkit.presets.loading.deferred import initialize
from nlpkit.presets.mapping.key_matching import Cover, check_table
from nlpkit.presets.mapping.slices import TensorSlice
from nlpkit.presets.mapping.weight_table import Line

BACKBONE = "backbone/"


def named_variables(layer: keras.Layer) -> dict[str, keras.Variable]:
    """The weights of a layer and of the layers in it, by path.

    A path is the names of the nested layers, the outermost left out, and the variable's name,
    joined by `/`. What several layers share is listed once, where it is met first.

    Raises:
        ValueError: two variables have the same path.
    """
    return _walk(layer, "", set())


def model_variables(model: keras.Model) -> dict[str, keras.Variable]:
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
    """Read the tensors, each once and one after the other, into their variables.

    Args:
        cover: which tensor each variable is read from.
        variables: the model's, by path.
        read: gives the tensor of a name.
        skip: paths of variables that keep their values.

    Raises:
        ValueError: a tensor that is tied to another has other values, or is not valid as weights.
    """
    readers: dict[str, list[Line]] = defaultdict(list)
    for line, name in cover.lines.values():
        if line.variable not in skip:
            readers[name].append(line)
    stacked = _Stacked(line for lines in readers.values() for line in lines if line.slot)
    for name, lines in readers.items():
        tensor = read(name)
        check_weights(name, tensor, {variables[line.variable].dtype for line in lines})
        _distribute(tensor, lines, variables, stacked)
    for line, name in cover.ties:
        _check_tie(line, name, *cover.lines[line.variable], variables[line.variable], read)


def collect(
    table: Sequence[Line], variables: Mapping[str, keras.Variable], model: str
) -> dict[str, np.ndarray]:
    """The tensors of a checkpoint that holds these variables; the inverse of `assign`.

    Raises:
        ValueError: the table does not name every variable exactly once (a LoRA or quantized
            model has variables of its own).
    """
    check_table(table, variables, model, shapes(variables))
    writers: dict[str, list[Line]] = defaultdict(list)
    for line in table:
        if not line.ignored and not line.tied:
            writers[line.variable].append(line)
    tensors: dict[str, np.ndarray] = {}
    for path, lines in writers.items():
        value = keras.ops.convert_to_numpy(variables[path].value)
        for line in lines:
            _gather(line, value, tensors)
    return tensors


def _gather(line: Line, value: np.ndarray, tensors: dict[str, np.ndarray]) -> None:
    """Add to the tensors what a variable, or a slice of it, is there."""
    name, written = line.tensor, line.write(value)
    if (slice_ := line.tensor_slice) is None:
        tensors[name] = written
        return
    if name not in tensors:
        tensors[name] = np.empty(line.tensor_shape(value.shape), value.dtype)
    _fill(slice_, tensors[name], written, name)


class _Stacked:
    """The values of variables that are read from several tensors, until they are complete."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._waiting = Counter(line.variable for line in lines)
        self._values: dict[str, np.ndarray] = {}

    def add(
        self, line: Line, slice_: TensorSlice, value: np.ndarray, variable: keras.Variable
    ) -> None:
        """Take one slice; the last one gives the variable its value."""
        path = line.variable
        if path not in self._values:
            self._values[path] = np.empty(tuple(variable.shape), variable.dtype)
        _fill(slice_, self._values[path], value, path)
        self._waiting[path] -= 1
        if not self._waiting[path]:
            initialize(variable, self._values.pop(path))


def _distribute(
    tensor: np.ndarray,
    lines: Iterable[Line],
    variables: Mapping[str, keras.Variable],
    stacked: _Stacked,
) -> None:
    for line in lines:
        variable = variables[line.variable]
        value = line.read(tensor, tuple(variable.shape))
        if (slice_ := line.variable_slice) is not None:
            stacked.add(line, slice_, value, variable)
        else:
            initialize(variable, np.asarray(value, dtype=variable.dtype))


def _fill(slice_: TensorSlice, whole: np.ndarray, value: np.ndarray, name: str) -> None:
    try:
        slice_.put(whole, value)
    except ValueError as error:
        raise ValueError(f"The slices of {name} do not fit each other: {error}.") from None


def _check_tie(
    line: Line,
    name: str,
    first: Line,
    first_name: str,
    variable: keras.Variable,
    read: Callable[[str], np.ndarray],
) -> None:
    shape = tuple(variable.shape)
    if not np.array_equal(line.read(read(name), shape), first.read(read(first_name), shape)):
        raise ValueError(
            f"The tensors {name} and {first_name} differ, but {line.variable} is both: weights "
            "that are not tied are not supported here."
        )


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
            f"Two variables have the path {min(twice)!r}: layers of the same parent need different "
            "names."
        )
    found.update(more)
