"""nlpkit's own layout: nlpkit.json describes the objects in the folder."""

from pathlib import Path
from typing import Any

import keras

from nlpkit.presets.folders.store import CONFIG, MANIFEST, PresetFolder
from nlpkit.presets.layouts.carried import of_backbone, of_head
from nlpkit.presets.layouts.config_keys import INERT, INERT_AT
from nlpkit.presets.layouts.description import check_arguments, takes
from nlpkit.presets.layouts.layout import PARTS_ALONE, Layout
from nlpkit.presets.layouts.sentence_transformers import MODULES
from nlpkit.presets.mapping.size_limits import check_lengths
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.presets.preset import Carried, FromPreset
from nlpkit.presets.registry import find_class

_PARTS = {
    "backbone": ("backbone",),
    "preprocessor": ("preprocessor",),
    "tokenizer": ("preprocessor", "tokenizer"),
    "audio_converter": ("preprocessor", "audio_converter"),
}


class OwnLayout(Layout):
    """Reads the classes and arguments in nlpkit.json."""

    def __init__(self, folder: PresetFolder, preset: str | Path) -> None:
        super().__init__(folder, preset)
        manifest = folder.manifest or {}
        self._source = str(folder.path / MANIFEST)
        self._parts: dict[str, tuple[Any, dict[str, Any]]] = {}
        self._unknown: dict[str, ValueError] = {}
        self._read({"class": manifest["class"], "arguments": manifest["arguments"]}, "")
        self._kind = next(iter([*self._unknown, *self._parts]))

    @property
    def stated_class(self) -> Any:
        return self._class_of(self._kind)

    @property
    def preprocessor_class(self) -> Any:
        self._refuse_unknown("preprocessor")
        return self._class_of("preprocessor")

    def tokenizer_arguments(self) -> dict[str, Any]:
        return self._arguments_of("tokenizer")

    def preprocessor_arguments(self, cls: type[FromPreset]) -> dict[str, Any]:
        stored = {**self._arguments_of("preprocessor"), **self.audio_converter()}
        return {name: value for name, value in stored.items() if takes(cls, name)}

    def head_arguments(self, cls: Any) -> dict[str, Any] | None:
        self._refuse_unknown("task")
        stored = self._class_of("task")
        is_it = stored is not None and (issubclass(stored, cls) or issubclass(cls, stored))
        if cls.fits_any_backbone and self.folder.has(MODULES):
            arguments, self._modules = cls.head_of_folder(self.folder)
            return self._arguments_of("task") if is_it else dict(arguments)
        return self._arguments_of("task") if is_it else None

    def carried_by_backbone(self) -> Carried:
        return of_backbone(self._inert(), self.folder)

    def carried_by_head(self) -> Carried:
        return of_head(self._inert(), self.folder)

    def _inert(self) -> dict[str, Any]:
        """The keys of config.json that come from the preset this one was made of."""
        stated = self.folder.json(CONFIG) if self.folder.has(CONFIG) else {}
        return {name: stated[name] for name in stated if name in INERT or name in INERT_AT}

    def is_task_without_preprocessor(self) -> bool:
        stored = {*self._parts, *self._unknown}
        return "task" in stored and "preprocessor" not in stored

    def other_heads(self, model: keras.Model) -> list[Line]:
        heads = super().other_heads(model)
        prefix = type(getattr(model, "backbone", model)).hf_prefix
        if "task" in self._unknown and prefix:
            names = [name for name in self.tensors.shapes if not name.startswith(prefix)]
            heads += [Line("", name, (), ("other head",)) for name in names]
        return heads

    def _refuse_unknown(self, kind: str) -> None:
        if kind in self._unknown:
            raise self._unknown[kind]

    def _class_of(self, kind: str) -> Any:
        return self._parts.get(kind, (None, {}))[0]

    def _arguments_of(self, kind: str) -> dict[str, Any]:
        return dict(self._parts.get(kind, (None, {}))[1])

    def _read(self, description: object, expected: str) -> None:
        """Take a nested description apart into one entry a kind, the outermost first."""
        if not isinstance(description, dict) or description.keys() != {"class", "arguments"}:
            raise ValueError(
                f"{self._source} must describe the {expected} by 'class' and 'arguments'; got "
                f"{description!r:.200}."
            )
        arguments = description["arguments"]
        if not isinstance(arguments, dict):
            raise ValueError(f"{self._source}: arguments must be an object; got {arguments!r}.")
        try:
            cls = find_class(str(description["class"]))
        except ValueError as error:
            self._read_known(description, expected, error)
            return
        kind = getattr(cls, "preset_kind", None)
        if kind is None or (expected and kind != expected):
            raise ValueError(
                f"{self._source} names {cls.__name__} as its {expected or 'class'}; it is not one."
            )
        check_arguments(cls, arguments, self._source)
        if kind in ("tokenizer", "preprocessor"):
            check_lengths(arguments, self._source)
        own = {name: value for name, value in arguments.items() if name not in _PARTS}
        self._parts[kind] = cls, own
        self._read_parts(arguments)

    def _read_known(self, description: Any, expected: str, error: ValueError) -> None:
        """Take the parts of an object of which a later nlpkit may know the class.

        Raises:
            ValueError: it is the class of no task or preprocessor.
        """
        arguments = description["arguments"]
        parts = {"backbone": "task", "tokenizer": "preprocessor"}
        kind = next((of for part, of in parts.items() if arguments.get(part) is not None), None)
        if (
            kind is None
            or expected not in ("", kind)
            or not str(description["class"]).isidentifier()
        ):
            raise error
        self._unknown[kind] = ValueError(f"{error} {PARTS_ALONE}")
        self._read_parts(arguments)

    def _read_parts(self, arguments: dict[str, Any]) -> None:
        for part in _PARTS.keys() & arguments.keys():
            if arguments[part] is not None:
                self._read(arguments[part], part)
