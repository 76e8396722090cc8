"""What nlpkit keeps between processes: records of downloaded presets, files of mirrors, locks."""

import contextlib
import dataclasses
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlpkit.presets.handle import Handle
from nlpkit.presets.sources import FileFacts, Snapshot

_FORMAT_VERSION = 1


def home() -> Path:
    """nlpkit's own cache: `NLPKIT_HOME`, by default `~/.cache/nlpkit`.

    Files from the Hugging Face Hub and from Kaggle are in the caches of those libraries, which
    other programs share.
    """
    if given := os.environ.get("NLPKIT_HOME"):
        return Path(given).expanduser()
    general = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(general).expanduser() / "nlpkit"


def folder_of(handle: Handle) -> Path:
    """Where the files of a plain URL are kept."""
    return home() / "files" / _slug(handle)


@contextlib.contextmanager
def locked(handle: Handle) -> Iterator[None]:
    """Hold the lock of a preset, so that processes do not download it at once."""
    from huggingface_hub.utils import WeakFileLock  # Slow to import, as all of it.

    path = home() / "locks" / f"{_slug(handle)}.lock"
    with explained(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with WeakFileLock(path):
        yield


def read_record(handle: Handle) -> Snapshot | None:
    """What is known of a preset that was downloaded before, or None."""
    try:
        content = json.loads(_record_path(handle).read_text(encoding="utf-8"))
        return _from_plain(content) if content["format_version"] == _FORMAT_VERSION else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_record(handle: Handle, snapshot: Snapshot) -> None:
    """Remember a preset under the handle it was asked for by."""
    path = _record_path(handle)
    with explained(path.parent):
        write_atomically(path, json.dumps(_to_plain(snapshot), indent=1))


def write_atomically(path: Path, text: str) -> None:
    """Write a text file that is there in full or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@contextlib.contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Say which folder it was that could not be written, and what to do.

    Raises:
        OSError: of the same kind as the one that is explained.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None or isinstance(error, ConnectionError | TimeoutError):
            raise
        raise OSError(
            error.errno,
            f"{error.strerror or error}: presets cannot be written to {folder}. Free some space "
            "or choose another folder with the environment variables HF_HOME (files of the Hub) "
            "and NLPKIT_HOME",
        ) from error


def _record_path(handle: Handle) -> Path:
    return home() / "records" / f"{_slug(handle)}.json"


def _slug(handle: Handle) -> str:
    text = str(handle)
    readable = re.sub(r"[^\w.-]+", "--", text, flags=re.ASCII)[:100]
    return f"{readable}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _to_plain(snapshot: Snapshot) -> dict[str, Any]:
    content = dataclasses.asdict(snapshot)
    return {"format_version": _FORMAT_VERSION, **content, "folder": str(snapshot.folder)}


def _from_plain(content: dict[str, Any]) -> Snapshot:
    return Snapshot(
        Handle(**content["handle"]),
        Path(content["folder"]),
        {name: FileFacts(**facts) for name, facts in content["files"].items()},
        {name: FileFacts(**facts) for name, facts in content["checked"].items()},
    )
