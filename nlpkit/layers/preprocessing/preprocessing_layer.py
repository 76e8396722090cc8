"""The base class of layers that process strings or token ids before a model."""

from typing import TYPE_CHECKING, Any

import keras

from nlpkit._compat import is_tensorflow_value
from nlpkit._config import Configurable, argument_names
from nlpkit._foreign_names import ARGUMENTS, ATTRIBUTES, advice

if TYPE_CHECKING:
    from nlpkit._keras import Layer
else:
    Layer = keras.Layer


class PreprocessingLayer(Configurable, Layer):
    """A Keras layer without weights that takes Python values, NumPy arrays or TensorFlow tensors.

    Outside `tf.data` it computes in Python and returns lists or NumPy arrays; given a TensorFlow
    tensor, eager or inside `Dataset.map`, it runs the same code and returns TensorFlow tensors.

    Args:
        dtype: str. The dtype of the output ids.
    """

    def __init__(self, *, dtype: str = "int32", **kwargs: Any) -> None:
        for name in kwargs.keys() & ARGUMENTS.keys():
            raise TypeError(f"{type(self).__name__} has no argument {name!r}.{advice(name)}")
        super().__init__(dtype=dtype, **kwargs)
        # Keras would turn lists of strings, and ragged lists of ids, into tensors.
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.built = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the layer; the arguments are those of `call`."""
        if any(map(_holds_tensor, (*args, *kwargs.values()))):
            return super().__call__(*args, **kwargs)  # shields `call` from TensorFlow's AutoGraph
        kwargs.pop("training", None)  # A functional model passes it to all its layers.
        # Keras would look at every token of a list, before and after: 0.6 s for 200,000 ids.
        return self.call(*args, **kwargs)

    if not TYPE_CHECKING:  # Where every attribute name would be accepted.

        def __getattr__(self, name: str) -> Any:
            inherited = getattr(super(), "__getattr__", None)
            if inherited is not None and name not in ATTRIBUTES:
                return inherited(name)
            told = advice(name, ATTRIBUTES)
            told = f".{told}" if told else ""
            message = f"{type(self).__name__!r} object has no attribute {name!r}{told}"
            raise AttributeError(message, name=name, obj=self)

    def __reduce__(self) -> tuple[Any, ...]:
        # Keras would write and read a .keras file, and import TensorFlow for it.
        return _rebuild, (type(self), self._constructor_arguments())

    def _constructor_arguments(self) -> dict[str, Any]:
        """The constructor arguments of this object, for copies and pickles."""
        given = {name: _plain(getattr(self, name)) for name in argument_names(type(self))}
        return given | {"name": self.name, "dtype": self.dtype_policy.name}


def _plain(value: object) -> Any:
    """Lists and dicts as they were given: Keras wraps those that a layer holds in its own types."""
    if isinstance(value, list | tuple):
        return list(map(_plain, value))
    return {k: _plain(v) for k, v in value.items()} if isinstance(value, dict) else value


def _rebuild(cls: type[PreprocessingLayer], arguments: dict[str, Any]) -> PreprocessingLayer:
    return cls(**arguments)


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise a ValueError if an argument is not one of `choices`."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}; got {value!r}.")


def _holds_tensor(value: object) -> bool:
    """Whether a value is a TensorFlow or symbolic tensor, or a list, tuple or dict of them."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return bool(value) and all(map(_holds_tensor, value))
    return is_tensorflow_value(value) or isinstance(value, keras.KerasTensor)
