"""A case: how to build a tiny instance of one public class, and what to call it with."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

import nlpkit
from nlpkit._config import Configurable, argument_names
from nlpkit.presets.mapping.assignment import named_variables

KERAS_ARGUMENTS = ("self", "name", "dtype", "trainable", "activity_regularizer")
NAMESPACES = (
    nlpkit.layers,
    nlpkit.tokenizers,
    nlpkit.models,
    nlpkit.losses,
    nlpkit.metrics,
    nlpkit.samplers,
)


@dataclass(frozen=True)
class Case:
    """One public class.

    Attributes:
        name: its public name, followed by the variant if there are several.
        arguments: makes a value other than the default for every constructor argument that
            `others` does not.
        others: makes arguments that exclude some of the former, by variant.
        needs: arguments that the variant "defaults" gets; by default those without a default.
        inputs: call arguments by name; arrays have a batch axis.
        masks: names of mask inputs, each with the input whose padding it marks.
        no_gradient: ends of the paths of weights whose gradient is zero by construction.
        refused: arguments that take their default alone, each with a value that is an error.
        exempt: names of checks it cannot pass, each with the reason; strict.
        family: what only one kind of class has, read by that kind's checks.
        examples: what a task is trained on, or a preprocessor called on, where that is not texts
            alone; or with the labels of its family.
    """

    name: str
    arguments: Callable[[], dict[str, Any]]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, Callable[[], dict[str, Any]]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    masks: Mapping[str, str] = field(default_factory=dict)
    no_gradient: tuple[str, ...] = ()
    refused: Mapping[str, Any] = field(default_factory=dict)
    exempt: Mapping[str, str] = field(default_factory=dict)
    family: Any = None
    examples: tuple[Any, ...] = ()

    @property
    def cls(self) -> type:
        name = self.name.split("-")[0]
        for space in NAMESPACES:
            if hasattr(space, name):
                return getattr(space, name)
        raise LookupError(f"{name} is in no public namespace.")

    def build(self, **overrides: Any) -> Any:
        return self.cls(**{**self.arguments(), **overrides})

    def variants(self) -> Iterator["Case"]:
        """Itself, those with other arguments, and the one that leaves all it can at its default."""
        yield self
        for label, arguments in {"defaults": self._required, **self.others}.items():
            yield replace(self, name=f"{self.name}-{label}", arguments=arguments, others={})

    def _required(self) -> dict[str, Any]:
        empty = inspect.Parameter.empty
        needed = self.needs or [n for n, value in defaults(self.cls).items() if value is empty]
        return {name: self.arguments()[name] for name in needed}

    def run(self, layer: Any, **overrides: Any) -> list[np.ndarray]:
        """What a layer computes for the inputs, compiled where the backend compiles."""
        return keras.tree.flatten(self.functional(layer).predict_on_batch(self.arrays | overrides))

    def call(self, layer: Any) -> list[np.ndarray]:
        """What a layer computes for the inputs, called eagerly."""
        values = {name: _tensor(value) for name, value in self.inputs.items()}
        outputs = layer(values.pop(next(iter(self.inputs))), **values)
        return [keras.ops.convert_to_numpy(x) for x in keras.tree.flatten(outputs)]

    def functional(self, layer: Any) -> keras.Model:
        """A functional model of this layer alone; models are one already."""
        if isinstance(layer, keras.Model):
            return layer
        inputs = {
            name: keras.Input(value.shape[1:], dtype=str(value.dtype), name=name)
            for name, value in self.arrays.items()
        }
        values = {**self.inputs, **inputs}
        outputs = layer(values.pop(next(iter(self.inputs))), **values)
        return keras.Model(inputs, keras.tree.flatten(outputs))

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The inputs that are arrays."""
        return {n: v for n, v in self.inputs.items() if isinstance(v, np.ndarray)}


def defaults(cls: type) -> dict[str, Any]:
    """The constructor arguments of a class with their defaults.

    A class that hands `**kwargs` on to a Keras layer with arguments of its own has these too.
    """
    found: dict[str, Any] = {}
    for ancestor in cls.__mro__:
        if ancestor in (keras.Layer, keras.Model):
            break
        if "__init__" in vars(ancestor):
            for name, parameter in inspect.signature(ancestor.__init__).parameters.items():
                if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                    found.setdefault(name, parameter.default)
        if not issubclass(ancestor, Configurable):
            break
    own = argument_names(cls)
    return {n: v for n, v in found.items() if n in own or n not in KERAS_ARGUMENTS}


def value_of(instance: Any, name: str) -> Any:
    """The argument a layer was built with; some of Keras' layers keep them under other names."""
    stored = name in argument_names(type(instance)) or hasattr(instance, name)
    return getattr(instance, name) if stored else instance.get_config()[name]


def fill(layer: Any) -> Any:
    """Give a layer the same weights on every backend."""
    rng = np.random.default_rng(0)
    for variable in named_variables(layer).values():
        if keras.backend.is_float_dtype(variable.dtype):
            variable.assign(rng.normal(0, 0.3, variable.shape).astype("float32"))
    return layer


def assert_close(actual: Any, expected: Any, tolerance: float = 1e-5) -> None:
    """Assert that two structures of arrays agree, relative to the largest value expected."""
    actual, expected = keras.tree.flatten(actual), keras.tree.flatten(expected)
    assert len(actual) == len(expected)
    for left, right in zip(actual, expected, strict=True):
        left, right = _array(left), _array(right)
        assert left.shape == right.shape
        assert np.isfinite(left).all()
        scale = np.abs(right).max(initial=1e-3)
        np.testing.assert_allclose(left, right, rtol=0, atol=tolerance * scale)


def _array(value: Any) -> Any:
    value = keras.ops.convert_to_numpy(value) if keras.ops.is_tensor(value) else value
    return np.asarray(value, "float64")


def _tensor(value: Any) -> Any:
    return keras.ops.convert_to_tensor(value) if isinstance(value, np.ndarray) else value
