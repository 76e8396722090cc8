"""Layout: the interface of all layouts of a preset's folder."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import keras

from nlpkit.presets.folders.store import TOKENIZER_CONFIG, PresetFolder
from nlpkit.presets.formats.tensor_reader import TensorReader
from nlpkit.presets.layouts.carried import of_tokenizer
from nlpkit.presets.mapping.assignment import BACKBONE
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.presets.preset import NOTHING, Carried, FromPreset
from nlpkit.presets.registry import subclasses_of

PARTS_ALONE = "What is understood of the preset (its backbone or tokenizer) can be loaded alone."


class Layout:
    """A preset's folder, read as one of the layouts.

    Args:
        folder: `PresetFolder`.
        preset: the name it was asked for by, for error messages.
    """

    def __init__(self, folder: PresetFolder, preset: str | Path) -> None:
        self.folder = folder
        self.preset = preset
        # The files of weights in subfolders that a task needs, and the prefixes of their tensors.
        self._modules: Mapping[str, str] = {}

    def __str__(self) -> str:
        return f"The preset {str(self.preset)!r}"

    @property
    def stated_class(self) -> Any:
        """The class of the object that was stored, or None if the layout does not say."""
        return None

    @property
    def tokenizer_class(self) -> Any:
        """The class of the preset's tokenizer, or None if it has no tokenizer."""
        return self._class_of("tokenizer")

    @property
    def backbone_class(self) -> Any:
        """The class of the preset's backbone.

        Raises:
            ValueError: the preset holds no backbone.
        """
        found = self._class_of("backbone")
        if found is None:
            other = self.stated_class
            held = f"a {other.__name__}, and no backbone" if other else "no backbone"
            raise ValueError(f"{self} holds {held}.")
        return found

    @property
    def preprocessor_class(self) -> Any:
        """The class of the stored preprocessor, or None if the layout does not say."""
        return self._class_of("preprocessor")

    def tokenizer_arguments(self) -> dict[str, Any]:
        """What to build the tokenizer with, beside its files."""
        return {}

    def preprocessor_arguments(self, cls: type[FromPreset]) -> dict[str, Any]:
        """What to build a preprocessor of this class with, beside its tokenizer."""
        raise NotImplementedError

    def audio_converter(self) -> dict[str, Any]:
        """The audio converter, as an argument of a preprocessor; none if the layout has none."""
        cls = self._class_of("audio_converter")
        return {"audio_converter": cls(**self._arguments_of("audio_converter"))} if cls else {}

    def backbone_arguments(self) -> dict[str, Any]:
        """What to build the backbone with."""
        return self._arguments_of("backbone")

    def head_arguments(self, cls: type[FromPreset]) -> dict[str, Any] | None:
        """What to build the head of a task with, or None if the preset has no such head.

        Raises:
            ValueError: the preset has a head that looks like this task's and is not.
        """
        raise NotImplementedError

    def is_task_without_preprocessor(self) -> bool:
        """Whether the preset is a task that was stored without preprocessor."""
        return False

    def carried_by_backbone(self) -> Carried:
        """Metadata that a backbone of this preset is saved with."""
        return NOTHING

    def carried_by_head(self) -> Carried:
        """Metadata that a task with this preset's head is saved with."""
        return NOTHING

    def finish(self) -> None:
        """Check that everything in the configuration was read."""

    def build_tokenizer(self, cls: Any, arguments: Mapping[str, Any]) -> Any:
        """Build the tokenizer from its files; `arguments` replace what they say."""
        has_config = self.folder.has(TOKENIZER_CONFIG)
        config = self.folder.json(TOKENIZER_CONFIG) if has_config else {}
        merged = {**self.tokenizer_arguments(), **arguments}
        tokenizer = cls.from_files(self.folder, config, **merged)
        tokenizer.carried = of_tokenizer(self.folder)
        return tokenizer

    def has_pooler(self) -> bool:
        """Whether the backbone's pooler, which some tasks do not use, is among the weights."""
        return True

    def has_weights(self) -> bool:
        """Whether the preset holds weights that can be read."""
        return self.folder.has_weights()

    @cached_property
    def tensors(self) -> TensorReader:
        """The weights, opened."""
        tensors: TensorReader = self.folder.tensors(self._modules)
        return tensors

    def backbone_table(self, backbone: keras.Model) -> list[Line]:
        """Where the variables of a backbone are among the tensors."""
        prefix = self._prefix(backbone)
        return [line.within("", prefix) for line in backbone.weight_table()]

    def task_table(self, task: keras.Model) -> list[Line]:
        """Where the variables of a task are among the tensors."""
        return task_table(task, self._prefix(task.backbone))

    def other_heads(self, model: keras.Model) -> list[Line]:
        """Lines that let heads be among the tensors that are not this model's."""
        return [
            Line("", name, (), ("other head",))
            for head in self.backbone_class.heads.values()
            for line in head.every_line
            for name in line.spellings
        ]

    def _class_of(self, kind: str) -> Any:
        """The class of the object of a kind that the layout states, or None if it states none."""
        return None

    def _arguments_of(self, kind: str) -> dict[str, Any]:
        """The arguments that the layout states for the object of a kind."""
        raise NotImplementedError

    def _prefix(self, backbone: keras.Model) -> str:
        """What the backbone's tensors start with: nothing if they were stored without a head."""
        cls: Any = type(backbone)
        heads = (head.prefix for head in cls.heads.values() if head.prefix)
        known = [cls.hf_prefix, *getattr(cls, "hf_other_prefixes", ()), *heads]
        names = self.tensors.shapes
        return next((p for p in known if p and any(name.startswith(p) for name in names)), "")

    def tasks(self) -> list[Any]:
        """nlpkit's task classes for this preset: the family's, and base classes for other heads."""
        held = self.backbone_class
        tasks = [cls for cls in subclasses_of(object) if getattr(cls, "preset_kind", "") == "task"]
        fitting = [cls for cls in tasks if is_family_task(cls) and self._suits(cls)]
        nearest = max((len(cls.backbone_class.__mro__) for cls in fitting), default=0)
        own = [cls for cls in fitting if len(cls.backbone_class.__mro__) == nearest]
        return own + [
            cls
            for cls in tasks
            if (cls.__name__ in held.heads or vars(cls).get("fits_any_backbone"))
            and not any(issubclass(one, cls) for one in own)
        ]

    def _suits(self, task: Any) -> bool:
        """Whether a family's task takes this preset's backbone, and its tokenizer if it has one."""
        of_task, held = task.preprocessor_class, self.tokenizer_class
        takes = held is None or of_task is None or issubclass(held, of_task.tokenizer_class)
        return takes and issubclass(self.backbone_class, task.backbone_class)


def task_table(task: keras.Model, prefix: str) -> list[Line]:
    """The weight table of a task whose backbone's tensors start with `prefix`."""
    backbone = [line.within(BACKBONE, prefix) for line in task.backbone.weight_table()]
    return backbone + list(task.table_of_head())


def is_family_task(cls: type[FromPreset]) -> bool:
    """Whether a class is a family's task, rather than a base class."""
    return getattr(cls, "preset_kind", "") == "task" and _is_family(cls, "backbone_class")


def is_family_preprocessor(cls: type[FromPreset]) -> bool:
    """Whether a class is a family's preprocessor, rather than a base class."""
    return getattr(cls, "preset_kind", "") == "preprocessor" and _is_family(cls, "tokenizer_class")


def _is_family(cls: type[FromPreset], part: str) -> bool:
    # The base class of a kind is the one that declares the kind.
    part_class = getattr(cls, part, None)
    return part_class is not None and "preset_kind" not in vars(part_class)
