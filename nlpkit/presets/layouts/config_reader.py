"""A strict reader of Hugging Face's config.json: unknown keys are an error."""

from collections.abc import Collection, Mapping
from typing import Any

from nlpkit.presets.layouts.config_keys import INERT, INERT_AT, REFUSED

_REQUIRED: Any = object()


class ConfigReader:
    """Reads a configuration and records which of its keys were read.

    A key with the value null counts as absent, as it does for Hugging Face.

    Args:
        config: dict. The parsed config.json.
        source: str. Its name, for error messages.

    Example:
        >>> from nlpkit.presets.layouts.config_reader import ConfigReader
        >>> reader = ConfigReader({"hidden_size": 8, "hidden_act": "gelu"})
        >>> reader.get("hidden_size", kind=int)
        8
        >>> reader.require("hidden_act", {"gelu": "gelu", "relu": "relu"})
        'gelu'
        >>> reader.finish()
    """

    def __init__(self, config: Mapping[str, Any], source: str = "config.json") -> None:
        self._config = dict(config)
        self._source = source
        self._read: set[str] = set()

    def get(self, name: str, default: object = _REQUIRED, kind: type | None = None) -> Any:
        """Read the value of a key.

        Args:
            name: str. The key.
            default: what to return when the key is absent; without it the key is required.
            kind: type of the value; by default that of `default`. float also takes integers.

        Raises:
            ValueError: the key is required and absent, or its value is of another type.
        """
        self._read.add(name)
        value = self._config.get(name)
        if value is None:
            if default is _REQUIRED:
                raise ValueError(f"{self._source} lacks the key {name!r}.")
            return default
        if kind is None and default is not None and default is not _REQUIRED:
            kind = type(default)
        if kind is not None and not _is(value, kind):
            raise ValueError(
                f"{self._source}: {name!r} must be of type {kind.__name__}; got {value!r}."
            )
        return value

    def arguments(self, names: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
        """The values of several keys, by the arguments that a backbone has for them.

        Args:
            names: dict. From arguments to their keys and what the values of absent keys are.
        """
        return {name: self.get(key, default) for name, (key, default) in names.items()}

    def require(
        self, name: str, allowed: Mapping[Any, Any] | Collection[Any], default: object = _REQUIRED
    ) -> Any:
        """Read a key that has only some supported values.

        Args:
            name: str. The key.
            allowed: the supported values; a dict maps them to what is returned.
            default: the value of an absent key; without it the key is required.

        Raises:
            ValueError: the value is not supported; the message lists the supported ones.
        """
        value = self.get(name, default, kind=object)
        supported = [
            known
            for known in allowed
            if known == value and isinstance(known, bool) == isinstance(value, bool)
        ]
        if not supported:
            listed = ", ".join(repr(known) for known in allowed)
            raise ValueError(
                f"{self._source}: {name}={value!r} is not supported; supported: {listed}."
            )
        return allowed[value] if isinstance(allowed, Mapping) else value

    def has(self, name: str) -> bool:
        """Whether a key is present; does not mark it as read."""
        return self._config.get(name) is not None

    def is_null(self, name: str) -> bool:
        """Whether a key has the value null, where that means none rather than the default."""
        return name in self._config and self._config[name] is None

    def alias(self, **names: str) -> None:
        """Read aliases of keys, as transformers does: other="key".

        Raises:
            ValueError: a key stands there under both names, with different values.
        """
        for other, name in names.items():
            self._read.add(other)
            value, known = self._config.get(other), self._config.get(name)
            if value is not None and known is not None and value != known:
                raise ValueError(
                    f"{self._source} has {name}={known!r} and {other}={value!r}, which mean the "
                    "same; keep the right one."
                )
            if known is None and value is not None:
                self._config[name] = value

    def ignore(self, *names: str) -> None:
        """Mark keys as read that have no effect in this family."""
        self._read.update(names)

    def unread(self) -> dict[str, Any]:
        """The keys that have not been read."""
        return {name: value for name, value in self._config.items() if name not in self._read}

    def finish(self) -> None:
        """Check that every key was read or is inert.

        Raises:
            ValueError: some were not; the message names them with their values.
        """
        refused = [name for name in sorted(self.unread()) if not self._is_inert(name)]
        if refused:
            listed = "; ".join(_why(name, self._config[name]) for name in refused)
            raise ValueError(
                f"{self._source} has keys that nlpkit does not know in this family and that may "
                f"change the model's output: {listed}. Remove from a copy of the file what has no "
                "effect."
            )

    def _is_inert(self, name: str) -> bool:
        value = self._config[name]
        if value is None or name in INERT or value in INERT_AT.get(name, ()):
            return True
        if name == "layer_types":
            return isinstance(value, list) and set(value) <= {"full_attention"}
        # Qwen's keys in the configuration of a model that was converted to another family.
        return name == "sliding_window" and self._config.get("use_sliding_window") is False


def _why(name: str, value: object) -> str:
    told = f"{name}={value!r:.200}"
    if name in REFUSED:
        return f"{told} ({REFUSED[name]})"
    supported = ", ".join(map(repr, INERT_AT.get(name, ())))
    return f"{told} is not supported; supported: {supported}" if supported else told


def config_of(backbone: Any, names: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """The inverse of `ConfigReader.arguments`: the values by key, from a backbone's arguments."""
    return {key: getattr(backbone, name) for name, (key, _) in names.items()}


def _is(value: object, kind: type) -> bool:
    if isinstance(value, bool) and kind in (int, float):
        return False
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)
