"""Names: of presets, to their folders; of classes, to nlpkit's own classes."""

import difflib
import importlib
import importlib.resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from nlpkit import _config
from nlpkit.presets.store import MANIFEST

_REMOTE = ("hf://", "kaggle://", "http://", "https://")


def list_presets() -> list[str]:
    """List the presets that come with nlpkit and need no download.

    Returns:
        list of str, the names that `from_preset` takes.

    Example:
        >>> import nlpkit
        >>> names = nlpkit.presets.list_presets()
    """
    return sorted(path.name for path in _bundled().iterdir() if (path / MANIFEST).is_file())


def find_folder(preset: str | Path) -> Path:
    """The folder of a preset.

    Args:
        preset: str or Path. The name of a bundled preset, a folder, or a `file://` URL.

    Raises:
        ValueError: there is no such preset or folder, or it would have to be downloaded.
    """
    if not isinstance(preset, str | Path):
        raise TypeError(f"preset must be a str or a Path; got {preset!r}.")
    name = str(preset)
    if name.startswith(_REMOTE):
        raise ValueError(
            f"{name!r} would have to be downloaded, which this version of nlpkit does not do yet. "
            "Download the folder yourself and give its path, or use one of "
            f"{', '.join(list_presets()) or 'your own folders'}."
        )
    if isinstance(preset, str) and name in list_presets():
        return _bundled() / name
    path = Path(unquote(urlsplit(name).path)) if name.startswith("file://") else Path(name)
    if path.is_dir():
        return path
    raise ValueError(_unknown(name))


def find_class(name: Any) -> type[Any]:
    """nlpkit's own class of that name; the list of them is the list of what presets can build.

    Raises:
        ValueError: nlpkit has no such class.
    """
    classes = known_classes()
    if name not in classes:
        raise ValueError(f"{name!r} is not a class of nlpkit.{_nearest(str(name), list(classes))}")
    return classes[name]


def subclasses_of(cls: type) -> list[type[Any]]:
    """nlpkit's own classes that are `cls` or extend it."""
    return [known for known in known_classes().values() if issubclass(known, cls)]


def known_classes() -> dict[str, type[Any]]:
    """nlpkit's own classes by name."""
    # By string: presets stand below the models, which are complete when this is first called.
    importlib.import_module("nlpkit.models")
    return dict(_config.registered_classes())


def _bundled() -> Path:
    return Path(str(importlib.resources.files("nlpkit.presets"))) / "bundled"


def _unknown(name: str) -> str:
    known = list_presets()
    return (
        f"{name!r} is neither a bundled preset nor a folder.{_nearest(name, known)} Bundled "
        f"presets: {', '.join(known) or 'none'}."
    )


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""
