"""Configurable: configurations derived from constructor signatures."""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self, cast

import keras

from nlpkit._argument_ranges import Range, check_arguments
from nlpkit._foreign_names import advice
from nlpkit._registry import CLASSES
from nlpkit._trainable import set_trainable, set_trainable_within, unlike_their_parents

_HANDLED_BY_KERAS = ("self", "name", "dtype", "trainable", "activity_regularizer")


class Configurable:
    """Mix-in that derives `get_config` from `__init__`, for Keras layers and models or alone.

    Every constructor argument must be stored under its own name. Arguments listed in `assets`
    (e.g. a vocabulary) are files rather than configuration: they are stored and loaded by
    `save_assets` and `load_assets`. Numbers must be in the range for their name in
    `argument_ranges` or, by default, in `nlpkit._argument_ranges`.
    """

    assets: ClassVar[tuple[str, ...]] = ()
    argument_ranges: ClassVar[Mapping[str, Range]] = {}
    _trainable_layers: dict[str, bool] = {}

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # Before the constructor computes anything from them; and `__init__` is never wrapped.
        check_arguments(cls, args, kwargs)
        make: Any = super().__new__
        return cast(Self, make(cls) if make is object.__new__ else make(cls, *args, **kwargs))

    def __init_subclass__(cls, registered_name: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        name = registered_name or cls.__name__
        if cls.__module__.split(".")[0] == "nlpkit":
            keras.saving.register_keras_serializable(package="nlpkit", name=name)(cls)
            CLASSES[name] = cls

    def get_config(self) -> dict[str, Any]:
        """Return the serialized constructor arguments, without assets."""
        config = _keras_config(self)
        for name in configuration_names(type(self)):
            config[name] = _serialize(getattr(self, name))
        flags = unlike_their_parents(self) if isinstance(self, keras.Layer) else {}
        return {**config, "trainable_layers": flags} if flags else config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Rebuild an object from the output of `get_config`.

        Raises:
            ValueError: the configuration contains an asset: an untrusted file could otherwise make
                any of your files be read.
        """
        assets = [name for name in cls.assets if config.get(name) is not None]
        if assets:
            raise ValueError(f"A configuration of {cls.__name__} must not contain {assets}.")
        arguments = {name: _deserialize(value) for name, value in config.items()}
        flags = arguments.pop("trainable_layers", {})
        made: Any = cls(**arguments)
        if flags:
            made._trainable_layers = flags
            if made.built:
                made._restore_trainable()
        return cast(Self, made)

    def _post_build(self) -> None:
        # Keras' hook. Layers created in `build` would not know that their parent is frozen.
        super()._post_build()  # type: ignore[misc]
        self._restore_trainable()

    def _restore_trainable(self) -> None:
        layer: Any = self
        if not layer.trainable:
            set_trainable(layer, False)
        flags, self._trainable_layers = self._trainable_layers, {}
        set_trainable_within(layer, flags)


def configuration_names(cls: type[Configurable]) -> list[str]:
    """The constructor arguments of `cls` that are configuration, without Keras' own and assets."""
    return [name for name in argument_names(cls) if name not in cls.assets]


def argument_names(cls: type) -> list[str]:
    """The constructor arguments of `cls` without Keras' own, in the order of the signature.

    A constructor with `**kwargs` also takes the arguments of the class it extends.
    """
    return list(dict.fromkeys(_arguments(cls)))


def refuse_unknown(cls: type, further: Iterable[str]) -> None:
    """Raise a TypeError for arguments that neither the constructor nor `keras.Model` takes.

    Keras ignores unknown arguments, such as misspelled ones.

    Args:
        cls: type. The class being constructed.
        further: iterable of str. The names of the arguments passed on to Keras.
    """
    unknown = [name for name in further if name not in ("name", "trainable")]
    if unknown:
        known = [*argument_names(cls), "name", "trainable"]
        told = advice(unknown[0]) or f" It has {known}."
        raise TypeError(f"{cls.__name__} has no argument {unknown[0]!r}.{told}")


def _arguments(cls: type) -> Iterator[str]:
    for ancestor in cls.__mro__:
        if not issubclass(ancestor, Configurable):
            return
        if "__init__" not in vars(ancestor):
            continue
        parameters = inspect.signature(ancestor.__init__).parameters.values()
        for parameter in parameters:
            named = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
            if named and parameter.name not in _HANDLED_BY_KERAS:
                yield parameter.name
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            return


def _keras_config(layer: keras.Layer) -> dict[str, Any]:
    """The configuration for Keras' own constructor; empty if `layer` is not a Keras object."""
    base = _keras_base(type(layer))
    if base is None:
        return {}
    if base is not keras.Layer and not issubclass(base, keras.Model):
        return dict(base.get_config(layer))
    # Not keras.Layer.get_config: it imports TensorFlow wherever it is installed. Not the model's
    # either: it would serialize the graph, while ours are rebuilt by their constructor.
    policy = layer.dtype_policy
    plain = type(policy) is keras.DTypePolicy
    dtype = policy.name if plain else keras.dtype_policies.serialize(policy)
    return {"name": layer.name, "trainable": layer.trainable, "dtype": dtype}


def _keras_base(cls: type) -> Any:
    """The Keras class that `cls` extends, or None."""
    others = (base for base in cls.__mro__ if not issubclass(base, Configurable))
    return next((base for base in others if hasattr(base, "get_config")), None)


def _serialize(value: object) -> Any:
    # Plain values do not go through keras.saving: it imports TensorFlow wherever it is installed.
    if isinstance(value, dict):
        return {key: _serialize(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_serialize(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return serialize_object(value)


def serialize_object(value: Any) -> dict[str, Any]:
    """Serialize as `keras.saving.serialize_keras_object` does.

    nlpkit's own objects that are not Keras objects (e.g. samplers) are serialized and deserialized
    without Keras, which would import TensorFlow wherever it is installed.
    """
    cls = type(value)
    if CLASSES.get(cls.__name__) is not cls or _keras_base(cls):
        return keras.saving.serialize_keras_object(value)
    return {
        "module": cls.__module__,
        "class_name": cls.__name__,
        "config": value.get_config(),
        "registered_name": f"nlpkit>{cls.__name__}",
    }


def deserialize_object(value: dict[str, Any]) -> Any:
    """Rebuild an object serialized by `serialize_object` or Keras."""
    package, _, name = str(value.get("registered_name")).partition(">")
    cls = CLASSES.get(name) if package == "nlpkit" else None
    if cls is None or _keras_base(cls):
        return keras.saving.deserialize_keras_object(value)
    return cls.from_config(value["config"])


def _deserialize(value: object) -> Any:
    if isinstance(value, dict) and "class_name" in value:
        return deserialize_object(value)
    if isinstance(value, dict):
        return {key: _deserialize(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_deserialize(item) for item in value]
    return value
