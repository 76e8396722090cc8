"""What every layout of a preset's folder can be asked; own and Hugging Face's layouts answer."""

from pathlib import Path
from typing import Any

from nlpkit.presets.registry import subclasses_of
from nlpkit.presets.store import PresetFolder


class Layout:
    """A preset's folder, read as one of the layouts.

    Args:
        folder: `PresetFolder`.
        preset: the name it was asked for by, for error messages.
    """

    def __init__(self, folder: PresetFolder, preset: str | Path) -> None:
        self.folder = folder
        self.preset = preset

    def __str__(self) -> str:
        return f"The preset {str(self.preset)!r}"

    @property
    def stated_class(self) -> Any:
        """The class of the object that was stored, or None if the layout does not say."""
        return None

    @property
    def tokenizer_class(self) -> Any:
        """The class of the preset's tokenizer, or None if it has no tokenizer."""
        raise NotImplementedError

    @property
    def backbone_class(self) -> Any:
        """The class of the preset's backbone.

        Raises:
            ValueError: the preset holds no backbone.
        """
        raise NotImplementedError

    @property
    def preprocessor_class(self) -> Any:
        """The class of the stored preprocessor, or None if the layout does not say."""
        return None

    def tokenizer_arguments(self) -> dict[str, Any]:
        """What to build the tokenizer with, beside its files."""
        return {}

    def preprocessor_arguments(self, cls: Any) -> dict[str, Any]:
        """What to build a preprocessor of this class with, beside its tokenizer."""
        raise NotImplementedError

    def backbone_arguments(self) -> dict[str, Any]:
        """What to build the backbone with."""
        raise NotImplementedError

    def head_arguments(self, cls: Any) -> dict[str, Any] | None:
        """What to build the head of a task with, or None if the preset has no such head.

        Raises:
            ValueError: the preset has a head that looks like this task's and is not.
        """
        raise NotImplementedError

    def is_task_without_preprocessor(self) -> bool:
        """Whether the preset is a task that was stored without preprocessor."""
        return False

    def finish(self) -> None:
        """Make sure that nothing in the configuration was left unread."""

    def family_tasks(self) -> list[Any]:
        """nlpkit's task classes for this preset's backbone."""
        held = self.backbone_class
        return [
            cls
            for cls in subclasses_of(object)
            if is_family_task(cls) and issubclass(held, cls.backbone_class)
        ]


def is_family_task(cls: Any) -> bool:
    """Whether a class is a family's task, rather than a base class."""
    return getattr(cls, "preset_kind", "") == "task" and _is_family(cls, "backbone_class")


def is_family_preprocessor(cls: Any) -> bool:
    """Whether a class is a family's preprocessor, rather than a base class."""
    return getattr(cls, "preset_kind", "") == "preprocessor" and _is_family(cls, "tokenizer_class")


def _is_family(cls: Any, part: str) -> bool:
    # The base class of a kind is the one that declares the kind.
    part_class = getattr(cls, part, None)
    return part_class is not None and "preset_kind" not in vars(part_class)
