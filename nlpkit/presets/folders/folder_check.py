"""Security checks of a preset's folder, especially of its links, before any file is used."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from nlpkit.presets.folders.file_names import is_module

_ASSETS = "assets"
_ENTRIES = 10_000


def check_folder(folder: Path) -> None:
    """Check that a folder contains only regular files and folders, and no links to the outside.

    The blobs that a snapshot of the Hugging Face cache links to count as inside.

    Raises:
        ValueError: a link leads elsewhere, an entry is a pipe, a socket or a device, or there are
            too many files.
    """
    for number, entry in enumerate(_entries(folder)):
        if number >= _ENTRIES:
            raise ValueError(f"{folder} holds more than {_ENTRIES} files and is not a preset.")
        path = Path(entry.path)
        if entry.is_symlink():
            _check_link(path, folder.resolve())
        _check_kind(path)


def _entries(folder: Path, depth: int = 0) -> Iterator[os.DirEntry[str]]:
    """The folder's files, and those in its `assets` and modules; other folders are never read."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not _is_folder(entry):
                yield entry
            elif (entry.name == _ASSETS or is_module(entry.name) or depth) and depth < 3:
                yield entry
                if not entry.is_symlink():
                    yield from _entries(Path(entry.path), depth + 1)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # A link to itself.
        return False


def _check_kind(path: Path) -> None:
    """Reject pipes, sockets and devices."""
    try:
        mode = path.stat().st_mode
    except OSError:  # A link to itself, or a broken link.
        return
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise ValueError(f"{path} is a pipe, a socket or a device; a preset holds plain files.")


def _check_link(path: Path, folder: Path) -> None:
    try:
        target = path.resolve(strict=False)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{path} is a link that leads nowhere: {error}.") from error
    in_snapshot = folder.parent.name == "snapshots"
    is_of_cache = in_snapshot and is_blob_of(target, folder.parent.parent)
    if not (target.is_relative_to(folder) or is_of_cache):
        raise ValueError(
            f"{path} is a link that leads outside its folder, to {target}; copy the file there if "
            "it belongs to the preset."
        )


def is_blob(path: Path) -> bool:
    """Whether a file is a blob of the Hugging Face cache, to which nobody writes."""
    folder = path.parent.resolve()
    return path.is_symlink() and is_blob_of(path.resolve(), folder.parent.parent)


def is_blob_of(target: Path, repository: Path) -> bool:
    """Whether a file is directly in the blobs of a repository in the Hugging Face cache.

    Those that come by Xet are in blobs that all repositories share, a folder deeper.
    """
    own, shared = repository / "blobs", repository.parent / "blobs"
    return target.parent == own.resolve() or target.parent.parent == shared.resolve()
