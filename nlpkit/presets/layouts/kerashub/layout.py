"""KerasHub's and KerasNLP's layout: serialized Keras objects in JSON, weights in HDF5.

Read from 0.7 on. A folder has config.json (a backbone; before KerasNLP 0.12 also a whole task),
model.weights.h5, and may have tokenizer.json with assets/tokenizer/, audio_converter.json,
preprocessor.json, task.json and task.weights.h5 with the head.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import keras

from nlpkit._registry import known_classes
from nlpkit.presets.folders.store import CONFIG, PresetFolder
from nlpkit.presets.formats.tensor_reader import TensorReader
from nlpkit.presets.layouts.argument_types import check_type
from nlpkit.presets.layouts.kerashub import weight_files
from nlpkit.presets.layouts.kerashub.family import OWN_HEAD, ClassMapping, Family, head_lines
from nlpkit.presets.layouts.kerashub.serialized_object import (
    KerasObject,
    UnknownClassError,
    read_object,
)
from nlpkit.presets.layouts.layout import PARTS_ALONE, Layout
from nlpkit.presets.mapping.assignment import BACKBONE
from nlpkit.presets.mapping.size_limits import check_lengths
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.presets.preset import FromPreset

_TASK, _PREPROCESSOR, _TOKENIZER = "task.json", "preprocessor.json", "tokenizer.json"
_CONVERTER = "audio_converter.json"
_KINDS = {
    CONFIG: "",
    _TOKENIZER: "tokenizer",
    _CONVERTER: "audio_converter",
    _PREPROCESSOR: "preprocessor",
    _TASK: "task",
}
_INNER = {"task": ("backbone", "preprocessor"), "preprocessor": ("tokenizer",)}
_ASSETS = "assets/tokenizer"
_OWN_HEAD = weight_files.BACKBONE + OWN_HEAD
# KerasHub's heads have no terms of the logits.
_NO_BIAS = Line("logits_bias/bias", weight_files.HEAD + "logits_bias", (), ("or zero",))
# What Keras puts into the description of every object, and Hugging Face never.
_MARKS = {"class_name", "registered_name"}


class KerasHubLayout(Layout):
    """Reads which of KerasHub's classes the JSON files name, and the plain values they state."""

    def __init__(self, folder: PresetFolder, preset: str | Path) -> None:
        super().__init__(folder, preset)
        self._families = _families()
        self._family: Family | None = None
        self._objects: dict[str, tuple[ClassMapping, KerasObject]] = {}
        self._unknown: dict[str, ValueError] = {}
        for name, kind in _KINDS.items():
            if folder.has(name):
                self._read_file(name, kind)
        # Only before KerasNLP 0.12, which put tasks into files of their own.
        self._is_whole_task = not folder.has(_TASK) and "task" in self._objects

    def _read_file(self, name: str, kind: str) -> None:
        """Read a file; one of a task or preprocessor that is not known is needed for that alone."""
        try:
            self._read(self.folder.json(name), str(self.folder.path / name))
        except UnknownClassError as error:
            if kind not in _INNER:
                raise
            self._unknown[kind] = ValueError(f"{error} {PARTS_ALONE}")

    def _refuse_unknown(self, kind: str) -> None:
        if kind in self._unknown:
            raise self._unknown[kind]

    @staticmethod
    def recognizes(folder: PresetFolder) -> bool:
        """Whether a folder is in this layout."""
        name = next((name for name in (CONFIG, _TOKENIZER) if folder.has(name)), None)
        return name is not None and bool(_MARKS & folder.json(name).keys())

    @property
    def stated_class(self) -> Any:
        return self._class_of("task") or self._class_of("backbone")

    @property
    def preprocessor_class(self) -> Any:
        self._refuse_unknown("preprocessor")
        return self._class_of("preprocessor")

    def preprocessor_arguments(self, cls: type[FromPreset]) -> dict[str, Any]:
        stated = self._class_of("preprocessor")
        is_stated = stated and issubclass(cls, stated)
        own = self._arguments_of("preprocessor") if is_stated else {}
        return {**own, **self.audio_converter()}

    def head_arguments(self, cls: type[FromPreset]) -> dict[str, Any] | None:
        self._refuse_unknown("task")
        head = self._mapping_of_head(cls)
        if head is None:
            return None
        return self._arguments_of("task") if "task" in self._objects else dict(head.fixed)

    def is_task_without_preprocessor(self) -> bool:
        stored = {*self._objects, *self._unknown}
        return "task" in stored and "preprocessor" not in stored

    def build_tokenizer(self, cls: Any, arguments: Mapping[str, Any]) -> Any:
        tokenizer = cls(**{**self._arguments_of("tokenizer"), **arguments})
        tokenizer.load_assets(self.folder.within(_ASSETS))
        return tokenizer

    def has_weights(self) -> bool:
        return weight_files.has_weights(self.folder)

    @cached_property
    def tensors(self) -> TensorReader:
        return weight_files.open_tensors(self.folder, self._is_whole_task)

    def backbone_table(self, backbone: keras.Model) -> list[Line]:
        if self._family is None:
            raise ValueError(f"{self} holds no backbone.")
        lines = self._family.backbone_lines(backbone)
        return [line.within("", weight_files.BACKBONE) for line in lines]

    def task_table(self, task: keras.Model) -> list[Line]:
        backbone = [line.within(BACKBONE, "") for line in self.backbone_table(task.backbone)]
        mapping = self._mapping_of_head(type(task))
        lines = head_lines(mapping) if mapping else []
        head = [line.within("", weight_files.HEAD) for line in lines]
        spec = task.backbone.head
        own = [] if spec is None or spec.tied else [Line("lm_head/kernel", _OWN_HEAD)]
        own += [_NO_BIAS] if spec is not None and spec.logits_bias else []
        return backbone + head + own

    def other_heads(self, model: keras.Model) -> list[Line]:
        names = [] if hasattr(model, "backbone") else [f"{weight_files.HEAD}*", _OWN_HEAD]
        return [Line("", name, (), ("other head",)) for name in names]

    def _mapping_of_head(self, cls: type[FromPreset]) -> ClassMapping | None:
        """What the folder holds of the head of a task; one of tokens is in the backbone's file."""
        if "task" in self._objects:
            mapping, _ = self._objects["task"]
            return mapping if issubclass(cls, known_classes()[mapping.own]) else None
        tasks = self._family.tasks if self._family else ()
        fitting = (task for task in tasks if issubclass(cls, known_classes()[task.own]))
        return next((task for task in fitting if not task.lines), None)

    def _class_of(self, kind: str) -> Any:
        found = self._objects.get(kind)
        return found and known_classes()[found[0].own]

    def _arguments_of(self, kind: str) -> dict[str, Any]:
        mapping, stored = self._objects[kind]
        cls = known_classes()[mapping.own]
        arguments = stored.arguments((*mapping.arguments, *mapping.inert))
        for name in arguments.keys() & {*mapping.arguments}:
            own = mapping.renamed.get(name, name)
            check_type(cls, own, arguments[name], stored.source)
        if kind in ("tokenizer", "preprocessor"):
            check_lengths(arguments, stored.source)
        return mapping.convert(arguments, stored.source)

    def _read(self, content: object, source: str) -> None:
        """Take an object, and those in it, as the ones of their kinds, unless these are known."""
        stored = read_object(content, source, self._families)
        family = self._families[stored.name]
        if self._family not in (None, family):
            raise ValueError(f"{source}: {stored.name} is of another family than the other files.")
        self._family = family
        mapping = next(mapping for mapping in family.classes() if stored.name in mapping.names)
        kind = _kind(family, mapping)
        _, first = self._objects.setdefault(kind, (mapping, stored))
        if not stored.equals(first):
            raise ValueError(f"{source} and {first.source} describe different {kind}s.")
        for inner in _INNER.get(kind, ()):
            if stored.config.get(inner) is not None:
                self._read(stored.config[inner], source)


def _families() -> dict[str, Family]:
    """The families of KerasHub's that nlpkit's read, by the names of KerasHub's classes."""
    return {
        name: family
        for cls in known_classes().values()
        for family in vars(cls).get("kerashub", ())
        for mapping in family.classes()
        for name in mapping.names
    }


def _kind(family: Family, mapping: ClassMapping) -> str:
    if mapping in family.tasks:
        return "task"
    if mapping in family.preprocessors:
        return "preprocessor"
    if mapping is family.audio_converter:
        return "audio_converter"
    return "backbone" if mapping is family.backbone else "tokenizer"
