"""nlpkit's cache: records of downloaded presets, files of mirrors, and locks."""

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

from nlpkit.presets.folders.file_names import relative_name
from nlpkit.presets.formats.safe_json import LARGE, read_object
from nlpkit.presets.sources.handle import COMMIT, Handle, parse_handle
from nlpkit.presets.sources.source import FileFacts, Snapshot

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


def hub_repository(handle: Handle) -> Path:
    """Where huggingface_hub keeps what it has of a repository."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE) / f"models--{handle.location.replace('/', '--')}"


def kaggle_homes() -> tuple[Path, ...]:
    """Where kagglehub keeps models: its cache, and what a notebook of Kaggle has mounted."""
    given = os.environ.get("KAGGLEHUB_CACHE")
    return (
        Path(given) if given else Path.home() / ".cache" / "kagglehub",
        Path("/kaggle/input"),
    )


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
    """Read the record of a downloaded preset, or None.

    A record is a file that any program may have written: it counts if it is of this preset, in the
    folder where this preset would be.
    """
    path = _record_path(handle)
    try:
        if not path.is_file():
            return None
        content = read_object(path, LARGE)
        record = _from_plain(content, path)
        is_right = content["format_version"] == _FORMAT_VERSION and _is_of(record, handle)
        return record if is_right else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_record(handle: Handle, snapshot: Snapshot) -> None:
    """Write the record of a preset under its requested handle."""
    path = _record_path(handle)
    with explained(path.parent):
        write_atomically(path, json.dumps(_to_plain(snapshot), indent=1))


def write_atomically(path: Path, text: str) -> None:
    """Write a text file atomically."""
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
    """Explain which folder is not writable, and what to do.

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


def _from_plain(content: dict[str, Any], source: Path) -> Snapshot:
    stated = Handle(**content["handle"])
    files, checked = (
        {relative_name(name, source): _facts(facts) for name, facts in content[part].items()}
        for part in ("files", "checked")
    )
    return Snapshot(parse_handle(str(stated)), Path(content["folder"]), files, checked)


def _facts(stated: dict[str, Any]) -> FileFacts:
    facts = FileFacts(**stated)
    kinds = {"size": int, "sha256": str, "git_sha1": str}
    if not all(isinstance(vars(facts)[name], kinds[name] | None) for name in kinds):
        raise TypeError(f"{stated} is not what is known of a file")
    return facts


def _is_of(record: Snapshot, handle: Handle) -> bool:
    """Whether a record is of what a handle names, in the folder where that is kept."""
    found = record.handle
    if found.at(handle.revision) != handle:
        return False
    if found.scheme == "https":
        return record.folder == folder_of(handle)
    if found.scheme == "kaggle":
        return any(_is_within(record.folder, folder) for folder in kaggle_homes())
    is_commit = COMMIT.fullmatch(found.revision or "") is not None
    snapshots = hub_repository(found) / "snapshots"
    return (
        is_commit
        and record.folder == snapshots / str(found.revision)
        and _is_within(record.folder, snapshots)
    )


def _is_within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
