"""A hash cache: SHA-256 of large files, computed again only when a file has changed.

What is remembered is in `hashes.json` in nlpkit's cache, with the file's size, inode and times of
change. The time of the inode's change is among them, which no program can set back.
"""

import contextlib
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from nlpkit.presets.formats.safe_json import LARGE, read_object
from nlpkit.presets.sources.cache import home, write_atomically

# What is smaller is read in milliseconds.
_LARGE = 1 << 24
# The coarsest clock of a file system: a change within one tick of the last one shows in no time.
_TICK = 2_000_000_000
_MOST = 1000


@dataclass(frozen=True)
class FileState:
    """The state of a file, which differs after any change or replacement."""

    size: int
    inode: int
    mtime: int
    ctime: int

    @classmethod
    def of(cls, file: BinaryIO | Path) -> "FileState":
        """The state of an open file, or of the file at a path."""
        found = file.stat() if isinstance(file, Path) else os.fstat(file.fileno())
        return cls(found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    path = path.resolve()
    with path.open("rb") as file:
        return sha256_of(file, path)


def sha256_of(file: BinaryIO, path: Path) -> str:
    """The SHA-256 of an open file, from the cache if possible.

    Args:
        file: it, opened for reading bytes.
        path: path. Its place, resolved, by which its hash is remembered.
    """
    state = FileState.of(file)
    if state.size < _LARGE:
        return digest(file)
    known = _read().get(str(path), {})
    if {**vars(state), "sha256": known.get("sha256")} == known:
        return str(known["sha256"])
    settled = time.time_ns() - max(state.mtime, state.ctime) > _TICK
    found = digest(file)
    if settled and FileState.of(file) == state:
        _remember(path, {**vars(state), "sha256": found})
    return found


def digest(file: BinaryIO) -> str:
    """The SHA-256 of an open file, computed."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _read() -> dict[str, dict[str, Any]]:
    try:
        content = read_object(_place(), LARGE) if _place().is_file() else {}
        return {path: dict(known) for path, known in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _remember(path: Path, known: dict[str, Any]) -> None:
    """Add a file to the cache, and drop the oldest ones."""
    others = [(name, of) for name, of in _read().items() if name != str(path)]
    content = dict([*others, (str(path), known)][-_MOST:])
    with contextlib.suppress(OSError):  # A cache that may not be written saves no time.
        write_atomically(_place(), json.dumps(content, indent=1))


def _place() -> Path:
    return home() / "hashes.json"
