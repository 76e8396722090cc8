"""Configurable: a class's configuration is its constructor's signature."""

import inspect
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import keras

_HANDLED_BY_KERAS = ("self", "name", "dtype", "trainable", "activity_regularizer")
_CLASSES: dict[str, type["Configurable"]] = {}


class Configurable:
    """Mix-in for Keras layers and models that derives `get_config` from `__init__`.

    Every constructor argument must be stored under its own name. Arguments listed in `assets`
    (a vocabulary, say) are files rather than configuration: they are stored and loaded by
    `save_assets` and `load_assets`.
    """

    assets: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.split(".")[0] == "nlpkit":
            keras.saving.register_keras_serializable(package="nlpkit")(cls)
            _CLASSES[cls.__name__] = cls

    def get_config(self) -> dict[str, Any]:
        """The arguments that rebuild this object, serialized; assets are left out."""
        config = _keras_config(self)
        for name in configuration_names(type(self)):
            config[name] = _serialize(getattr(self, name))
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Rebuild an object from what `get_config` returned.

        Raises:
            ValueError: the configuration names an asset, which it never holds: a file that someone
                sends could otherwise have any file of yours read.
        """
        assets = [name for name in cls.assets if config.get(name) is not None]
        if assets:
            raise ValueError(f"A configuration of {cls.__name__} must not hold {assets}.")
        return cls(**{name: _deserialize(value) for name, value in config.items()})


def registered_class(name: str) -> type[Configurable]:
    """nlpkit's own class of that name.

    Raises:
        ValueError: nlpkit has no such class.
    """
    if name not in _CLASSES:
        raise ValueError(f"{name!r} is not a class of nlpkit.")
    return _CLASSES[name]


def registered_classes() -> dict[str, type[Configurable]]:
    """nlpkit's own classes by name, as far as they have been imported."""
    return dict(_CLASSES)


def configuration_names(cls: type[Configurable]) -> list[str]:
    """The constructor arguments of `cls` that are configuration: neither Keras' own nor assets."""
    return [name for name in argument_names(cls) if name not in cls.assets]


def argument_names(cls: type) -> list[str]:
    """The constructor arguments of `cls`, Keras' own left out, in the order of the signature.

    A constructor with `**kwargs` also takes the arguments of the class it extends.
    """
    return list(dict.fromkeys(_arguments(cls)))


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


def _keras_config(layer: Any) -> dict[str, Any]:
    """What Keras' own constructor needs to rebuild `layer`."""
    base: type[keras.Layer] = next(
        cls
        for cls in type(layer).__mro__
        if issubclass(cls, keras.Layer) and not issubclass(cls, Configurable)
    )
    if base is not keras.Layer and not issubclass(base, keras.Model):
        return dict(base.get_config(layer))
    # Not keras.Layer.get_config: it imports TensorFlow wherever it is installed. Not the model's
    # either: it would serialize the graph, while ours are rebuilt by their constructor.
    policy = layer.dtype_policy
    plain = type(policy) is keras.DTypePolicy
    dtype = policy.name if plain else keras.dtype_policies.serialize(policy)
    return {"name": layer.name, "trainable": layer.trainable, "dtype": dtype}


def _serialize(value: Any) -> Any:
    # Plain values do not go through keras.saving: it imports TensorFlow wherever it is installed.
    if isinstance(value, dict):
        return {key: _serialize(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_serialize(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return keras.saving.serialize_keras_object(value)


def _deserialize(value: Any) -> Any:
    if isinstance(value, dict) and "class_name" in value:
        return keras.saving.deserialize_keras_object(value)
    if isinstance(value, dict):
        return {key: _deserialize(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_deserialize(item) for item in value]
    return value
