"""KerasHub's serialized Keras objects, of which only names and plain values are read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from nlpkit._types import DType
from nlpkit.presets.folders.file_names import plain_name

_KEYS = {"module", "class_name", "config", "registered_name", "assets", "weights"}
# What Keras needs of every object and changes no output; the rest of a configuration is read.
_INERT = ("name", "trainable", "config_file")
_INNER_OBJECTS = ("backbone", "preprocessor", "tokenizer")
_PACKAGES = ("keras_hub", "keras_nlp")
_DTYPES = ("float16", "bfloat16", "float32", "float64", "int32", "int64", "string")
# The second is Keras 3.0 to 3.3's name.
_POLICIES = ("DTypePolicy", "FloatDTypePolicy")
_POLICY_MODULES = ("keras", "keras.dtype_policies", None)
_ASSETS = "assets/tokenizer/"


class UnknownClassError(ValueError):
    """An object is of a class of KerasHub that nlpkit does not know."""


@dataclass(frozen=True)
class KerasObject:
    """A serialized object: the name of its class, its configuration, and the file it is from."""

    name: str
    config: Mapping[str, Any]
    source: str

    def equals(self, other: "KerasObject") -> bool:
        """Whether another one describes the same object, that of its inner objects aside."""
        return self.name == other.name and self._own() == other._own()

    def _own(self) -> dict[str, Any]:
        skipped = (*_INERT, *_INNER_OBJECTS, "dtype")
        return {name: value for name, value in self.config.items() if name not in skipped}

    def arguments(self, names: Collection[str]) -> dict[str, Any]:
        """The arguments of these names that the configuration states.

        Raises:
            ValueError: it states others, too; whether they change the output is not known.
        """
        unknown = self.config.keys() - {*names, *_INERT, *_INNER_OBJECTS, "dtype"}
        if self.config.get("vocabulary") is None:
            unknown -= {"vocabulary"}
        if unknown:
            listed = ", ".join(f"{name}={self.config[name]!r:.100}" for name in sorted(unknown))
            raise ValueError(
                f"{self.source}: the configuration of {self.name} has arguments that nlpkit does "
                f"not know: {listed}."
            )
        return {name: _plain(self.config[name]) for name in names if name in self.config}


def _plain(value: Any) -> Any:
    """The name of a serialized function of KerasHub's own; other values as they are."""
    if isinstance(value, dict) and value.get("class_name") == "function":
        name = value.get("config")
        if isinstance(name, str) and name.startswith(_PACKAGES):
            return name
    return value


def read_object(content: object, source: str, known: Collection[str]) -> KerasObject:
    """Read a serialized object whose class is one of the known ones; no other is ever looked up.

    Raises:
        UnknownClassError: the object is of another class of KerasHub.
        ValueError: the object is of another package, or malformed.
    """
    if not isinstance(content, dict) or not isinstance(content.get("config"), dict):
        raise ValueError(f"{source} must contain a serialized Keras object; got {content!r:.100}.")
    name = content.get("class_name")
    if not isinstance(name, str) or name not in known:
        is_kerashub_s = isinstance(name, str) and name.isidentifier() and _is_kerashub_s(content)
        kind = UnknownClassError if is_kerashub_s else ValueError
        raise kind(
            f"{source}: class_name={name!r:.100} is not supported; supported: "
            f"{', '.join(sorted(known))}."
        )
    if not _is_kerashub_s(content):
        registered, module = content.get("registered_name"), content.get("module")
        raise ValueError(
            f"{source}: {name} must be KerasHub's; its registered_name is {registered!r:.100}, "
            f"its module is {module!r:.100}."
        )
    unknown = {key for key in content.keys() - _KEYS if content[key] is not None}
    if unknown:
        raise ValueError(f"{source} has unknown keys: {', '.join(sorted(unknown))}.")
    _check_name(content["config"].get("name"), source)
    _check_files(content, source)
    _check_dtype(content["config"].get("dtype"), source)
    return KerasObject(name, content["config"], source)


def _is_kerashub_s(content: Mapping[str, Any]) -> bool:
    """Whether an object is of a class of KerasHub or KerasNLP."""
    registered, module = content.get("registered_name"), content.get("module")
    return registered in [f"{package}>{content['class_name']}" for package in _PACKAGES] and (
        module is None or str(module).split(".")[0] in _PACKAGES
    )


def _check_name(name: object, source: str) -> None:
    """Check that a name is not a path; it is not used, but a path would be an attack."""
    if name is not None and (not isinstance(name, str) or {*name} & {*"/\\\0"}):
        raise ValueError(f"{source}: name must be a plain string; got {name!r:.100}.")


def _check_files(content: Mapping[str, Any], source: str) -> None:
    """KerasNLP before 0.12 listed its files; nlpkit knows their names, but they must be them."""
    assets, weights = content.get("assets") or [], content.get("weights")
    if not isinstance(assets, list):
        raise ValueError(f"{source}: assets must be a list; got {assets!r:.100}.")
    for asset in assets:
        plain_name(str(asset).removeprefix(_ASSETS), source)
    if weights not in (None, "model.weights.h5", "task.weights.h5"):
        plain_name(weights, source)
        raise ValueError(f"{source} names the weights {weights!r:.100}, not 'model.weights.h5'.")


def _check_dtype(dtype: DType, source: str) -> None:
    """Models compute in the dtype that the caller chooses; quantized ones have other weights."""
    if isinstance(dtype, dict):
        is_plain = dtype.get("class_name") in _POLICIES and dtype.get("module") in _POLICY_MODULES
        dtype = (dtype.get("config") or {}).get("name") if is_plain else dtype
    if dtype is not None and str(dtype).removeprefix("mixed_") not in _DTYPES:
        raise ValueError(f"{source}: the dtype {dtype!r:.200} is not supported.")
