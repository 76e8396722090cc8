"""KerasHub's and KerasNLP's layout: serialized Keras objects in JSON, weights in HDF5.

Read from 0.7 on. A folder has config.json (a backbone; before KerasNLP 0.12 also a whole task),
model.weights.h5, and may have tokenizer.json with assets/tokenizer/, preprocessor.json, task.json
and task.weights.h5 with the head.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from nlpkit.presets.folders.store import CONFIG, PresetFolder
from nlpkit.presets.layouts.argument_types import check_type
from nlpkit.presets.layouts.kerashub import weight_files
from nlpkit.presets.layouts.kerashub.families import FAMILIES
from nlpkit.presets.layouts.kerashub.family import OWN_HEAD, Family, Part, head_lines
from nlpkit.presets.layouts.kerashub.serialized_object import (
    KerasObject,
    UnknownClassError,
    read_object,
)
from nlpkit.presets.layouts.layout import PARTS_ALONE, Layout
from nlpkit.presets.mapping.assignment import BACKBONE
from nlpkit.presets.mapping.size_limits import check_lengths
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.presets.registry import known_classes

_TASK, _PREPROCESSOR, _TOKENIZER = "task.json", "preprocessor.json", "tokenizer.json"
_KINDS = {CONFIG: "", _TOKENIZER: "tokenizer", _PREPROCESSOR: "preprocessor", _TASK: "task"}
_INNER = {"task": ("backbone", "preprocessor"), "preprocessor": ("tokenizer",)}
_ASSETS = "assets/tokenizer"
_OWN_HEAD = weight_files.BACKBONE + OWN_HEAD
# What Keras puts into the description of every object, and Hugging Face never.
_MARKS = {"class_name", "registered_name"}
_FAMILY_OF = {name: family for family in FAMILIES for part in family.parts() for name in part.names}


class KerasHubLayout(Layout):
    """Reads which of KerasHub's classes the JSON files name, and the plain values they state."""

    def __init__(self, folder: PresetFolder, preset: str | Path) -> None:
        super().__init__(folder, preset)
        self._family: Family | None = None
        self._objects: dict[str, tuple[Part, KerasObject]] = {}
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

    def preprocessor_arguments(self, cls: Any) -> dict[str, Any]:
        stated = self._class_of("preprocessor")
        return self._arguments_of("preprocessor") if stated and issubclass(cls, stated) else {}

    def head_arguments(self, cls: Any) -> dict[str, Any] | None:
        self._refuse_unknown("task")
        part = self._head_part(cls)
        if part is None:
            return None
        return self._arguments_of("task") if "task" in self._objects else dict(part.fixed)

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
    def tensors(self) -> Any:
        return weight_files.open_tensors(self.folder, self._is_whole_task)

    def backbone_table(self, backbone: Any) -> list[Line]:
        if self._family is None:
            raise ValueError(f"{self} holds no backbone.")
        lines = self._family.backbone_lines(backbone)
        return [line.within("", weight_files.BACKBONE) for line in lines]

    def task_table(self, task: Any) -> list[Line]:
        backbone = [line.within(BACKBONE, "") for line in self.backbone_table(task.backbone)]
        part = self._head_part(type(task))
        head = [line.within("", weight_files.HEAD) for line in head_lines(part)] if part else []
        is_tied = task.backbone.head is None or task.backbone.head.tied
        own = [] if is_tied else [Line("lm_head/kernel", _OWN_HEAD)]
        return backbone + head + own

    def other_heads(self, model: Any) -> list[Line]:
        names = [] if hasattr(model, "backbone") else [f"{weight_files.HEAD}*", _OWN_HEAD]
        return [Line("", name, (), ("other head",)) for name in names]

    def _head_part(self, cls: Any) -> Part | None:
        """What the folder holds of the head of a task; one of tokens is in the backbone's file."""
        if "task" in self._objects:
            part, _ = self._objects["task"]
            return part if issubclass(cls, known_classes()[part.own]) else None
        tasks = self._family.tasks if self._family else ()
        fitting = (part for part in tasks if issubclass(cls, known_classes()[part.own]))
        return next((part for part in fitting if not part.lines), None)

    def _class_of(self, kind: str) -> Any:
        found = self._objects.get(kind)
        return found and known_classes()[found[0].own]

    def _arguments_of(self, kind: str) -> dict[str, Any]:
        part, stored = self._objects[kind]
        cls = known_classes()[part.own]
        arguments = stored.arguments((*part.arguments, *part.inert))
        for name in arguments.keys() & {*part.arguments}:
            check_type(cls, name, arguments[name], stored.source)
        if kind in ("tokenizer", "preprocessor"):
            check_lengths(arguments, stored.source)
        return part.convert(arguments, stored.source)

    def _read(self, content: Any, source: str) -> None:
        """Take an object, and those in it, as the ones of their kinds, unless these are known."""
        stored = read_object(content, source, _FAMILY_OF)
        family = _FAMILY_OF[stored.name]
        if self._family not in (None, family):
            raise ValueError(f"{source}: {stored.name} is of another family than the other files.")
        self._family = family
        part = next(part for part in family.parts() if stored.name in part.names)
        kind = _kind(family, part)
        _, first = self._objects.setdefault(kind, (part, stored))
        if not stored.equals(first):
            raise ValueError(f"{source} and {first.source} describe different {kind}s.")
        for inner in _INNER.get(kind, ()):
            if stored.config.get(inner) is not None:
                self._read(stored.config[inner], source)


def _kind(family: Family, part: Part) -> str:
    if part in family.tasks:
        return "task"
    if part in family.preprocessors:
        return "preprocessor"
    return "backbone" if part is family.backbone else "tokenizer"
