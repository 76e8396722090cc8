"""SHA-256 of files, remembered: a large file is read for it once, and again when it was changed.

What is remembered is in `hashes.json` in nlpkit's cache, with the file's size, inode and times of
change. The time of the inode's change is among them, which no program can set back.
"""

import contextlib
import hashlib
import json
import time
from pathlib import Path
from typing import Any

from nlpkit.presets.cache import home, write_atomically

# What is smaller is read in milliseconds.
_LARGE = 1 << 24
# The coarsest clock of a file system: a change within one tick of the last one shows in no time.
_TICK = 2_000_000_000
_MOST = 1000


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    path = path.resolve()
    state = _state(path)
    if state["size"] < _LARGE:
        return _digest(path)
    known = _read().get(str(path), {})
    if {**state, "sha256": known.get("sha256")} == known:
        return str(known["sha256"])
    settled = time.time_ns() - max(state["mtime"], state["ctime"]) > _TICK
    found = _digest(path)
    if settled and _state(path) == state:
        _remember(path, {**state, "sha256": found})
    return found


def _state(path: Path) -> dict[str, int]:
    found = path.stat()
    return {
        "size": found.st_size,
        "inode": found.st_ino,
        "mtime": found.st_mtime_ns,
        "ctime": found.st_ctime_ns,
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read() -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(_place().read_text(encoding="utf-8"))
        return {path: dict(known) for path, known in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _remember(path: Path, known: dict[str, Any]) -> None:
    """Add a file to the others, of which the oldest are forgotten."""
    others = [(name, of) for name, of in _read().items() if name != str(path)]
    content = dict([*others, (str(path), known)][-_MOST:])
    with contextlib.suppress(OSError):  # A cache that may not be written saves no time.
        write_atomically(_place(), json.dumps(content, indent=1))


def _place() -> Path:
    return home() / "hashes.json"
