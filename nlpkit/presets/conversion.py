"""Conversion of presets to nlpkit's own layout."""

from pathlib import Path
from typing import Any

from nlpkit.presets.folders.file_names import folder_to_write
from nlpkit.presets.layouts.layout import Layout
from nlpkit.presets.layouts.sentence_transformers import MODULES
from nlpkit.presets.loading.load import open_layout


def convert(source: str | Path, target: str | Path, dtype: str | None = None) -> dict[str, Path]:
    """Load a preset, and save it in nlpkit's own layout.

    A task is saved with all its parts. For a preset without a head, the backbone is saved, with its
    tokenizer in the subfolder `tokenizer`.

    Args:
        source: str or Path. A name, a handle or a folder.
        target: str or Path. The folder to write.
        dtype: str. The dtype to store weights in; by default float32.

    Returns:
        dict, the folders written by the names of the classes.
    """
    path = folder_to_write(target, "target")
    layout = open_layout(source)
    cls = _held_class(layout)
    cls.from_preset(source).save_to_preset(path, dtype=dtype)
    written = {cls.__name__: path}
    tokenizer_class = layout.tokenizer_class
    if cls.preset_kind == "backbone" and tokenizer_class is not None:
        folder = path / "tokenizer"
        tokenizer_class.from_preset(source).save_to_preset(folder)
        written[tokenizer_class.__name__] = folder
    return written


def _held_class(layout: Layout) -> Any:
    """The class of a preset's object: a task, if it has a head that nlpkit knows."""
    if layout.stated_class is not None:
        return layout.stated_class
    for task in layout.tasks():
        if task.fits_any_backbone and not layout.folder.has(MODULES):
            continue  # It could be made, and is not there.
        try:
            if layout.head_arguments(task) is not None:
                return task
        except ValueError:  # The head looks like this one but is not.
            continue
    return layout.backbone_class
