"""What is looked at in a preset's folder before any of its files is used: links and plain texts."""

import os
from collections.abc import Iterator
from pathlib import Path

_TEXTS = ("vocab.txt", "merges.txt", "chat_template.jinja")
_ASSETS = "assets"
_TEXT_BYTES = 16 << 20
_TEXT_LINES = 1_000_000
_ENTRIES = 10_000


def check_folder(folder: Path) -> None:
    """Make sure that no link leads out of a folder, and that its texts are texts of sane length.

    The blobs that a snapshot of the Hugging Face cache links to count as inside.

    Raises:
        ValueError: a link leads elsewhere, a vocabulary is no UTF-8 text or is too long, or there
            are too many files.
    """
    homes = _homes(folder)
    for number, entry in enumerate(_entries(folder)):
        if number >= _ENTRIES:
            raise ValueError(f"{folder} holds more than {_ENTRIES} files and is no preset.")
        path = Path(entry.path)
        if entry.is_symlink():
            _check_link(path, homes)
        is_text = path.suffix == ".txt" if path.parent != folder else entry.name in _TEXTS
        if is_text and entry.is_file():
            _check_text(path)


def _homes(folder: Path) -> list[tuple[Path, bool]]:
    """Where links may lead, and whether only to direct children."""
    real = folder.resolve()
    homes = [(real, False)]
    if real.parent.name == "snapshots":
        homes.append((real.parent.parent / "blobs", True))
    return homes


def _entries(folder: Path, depth: int = 0) -> Iterator[os.DirEntry[str]]:
    """The folder's files, and those under its `assets`; other folders in it are never read."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not _is_folder(entry):
                yield entry
            elif (entry.name == _ASSETS or depth) and depth < 3:
                yield entry
                if not entry.is_symlink():
                    yield from _entries(Path(entry.path), depth + 1)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # A link to itself.
        return False


def _check_link(path: Path, homes: list[tuple[Path, bool]]) -> None:
    try:
        target = path.resolve(strict=False)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{path} is a link that leads nowhere: {error}.") from error
    for home, direct in homes:
        if target.parent == home if direct else target.is_relative_to(home):
            return
    raise ValueError(
        f"{path} is a link that leads out of its folder, to {target}; copy the file there if it "
        "belongs to the preset."
    )


def _check_text(path: Path) -> None:
    if path.stat().st_size > _TEXT_BYTES:
        raise ValueError(f"{path} has more than {_TEXT_BYTES >> 20} MiB; no text of a preset has.")
    content = path.read_bytes()
    if content.count(b"\n") > _TEXT_LINES:
        raise ValueError(f"{path} has more than {_TEXT_LINES} lines; no text of a preset has.")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no UTF-8 text: {error}.") from error
