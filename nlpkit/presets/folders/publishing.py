"""Atomic saving of a preset to its folder, even if interrupted.

A preset is written into a new folder within its own. Renaming a manifest, which names that folder,
is the one moment at which the old preset ends and the new one is there: readers look for a file
there first and then under its name. Afterwards the files move to their names, those that only the
old preset had are removed, and a manifest without that folder ends it. Whoever is interrupted
leaves the old preset or the new one, and who saves there next does what was left to do. All it
needs is that a file replaces another one at once, as on Linux, macOS and Windows.
"""

import contextlib
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nlpkit.presets.folders.file_names import preset_name
from nlpkit.presets.folders.hash_cache import sha256
from nlpkit.presets.folders.manifest import (
    FORMAT_VERSION,
    MANIFEST,
    STAGED,
    STAGING,
    check_manifest,
    finished,
    to_json,
)
from nlpkit.presets.folders.store import CONFIG
from nlpkit.presets.formats.safe_json import read_object

# What nlpkit's own classes write; nothing else is removed because some manifest lists it.
_OWN = re.compile(
    r"config\.json|generation_config\.json|chat_template\.jinja|tokenizer(_config)?\.json"
    r"|vocab\.(txt|json)|merges\.txt|(tokenizer|spiece|spm|sentencepiece\.bpe)\.model"
    r"|model(-\d{5}-of-\d{5})?\.safetensors|model\.safetensors\.index\.json"
    r"|modules\.json|config_sentence_transformers\.json|sentence_bert_config\.json"
    r"|[0-9]{1,2}_(Pooling|Dense|Normalize)/(config\.json|model\.safetensors)"
)
# On Windows nothing replaces a file that somebody has open, if only for a moment.
_PATIENCE = (0.01, 0.03, 0.1, 0.3, 1.0) if os.name == "nt" else ()


def publish(
    path: Path, write: Callable[[Path], list[str]], description: Callable[[], dict[str, Any]]
) -> None:
    """Write a preset, and replace the earlier one in its folder.

    Args:
        path: the folder; it is made if needed.
        write: writes the preset's files into a folder, and returns their names.
        description: gives the class and its arguments, as `describe` does.

    Raises:
        ValueError: a file is in the way that is no part of an earlier preset of the same class.
        OSError: it cannot be written. What was there is unchanged, unless a note says otherwise.
    """
    made = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            _clean(path)
            _publish(path, write, description)
    except BaseException:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON object for readers."""
    path.write_text(to_json(content), encoding="utf-8")


def _publish(
    path: Path, write: Callable[[Path], list[str]], description: Callable[[], dict[str, Any]]
) -> None:
    staging = path / f".nlpkit-{secrets.token_hex(4)}"
    staging.mkdir()
    try:
        names = write(staging)
        files = {preset_name(name, path): fingerprint(staging / name) for name in sorted(names)}
        manifest: dict[str, Any] = {
            "format_version": FORMAT_VERSION,
            **description(),
            "files": files,
        }
        earlier = _earlier(path)
        _check_replaceable(path, manifest, earlier)
        manifest[STAGED] = {"folder": staging.name, "replaced": earlier.get("files", {})}
        _write_manifest(manifest, staging, path)
        _finish(path, manifest)
    except BaseException as error:
        if not _is_needed(staging, path):
            shutil.rmtree(staging, ignore_errors=True)
        else:
            error.add_note(
                f"nlpkit reads the new preset from {path}, but not all of its files could be moved "
                "to their names, where other programs look for them. Saving there again does so."
            )
        raise


def _is_needed(staging: Path, path: Path) -> bool:
    """Whether the folder's manifest says that files are still in the staging folder."""
    try:
        return bool(_earlier(path).get(STAGED, {}).get("folder") == staging.name)
    except (OSError, ValueError):
        return True


def _clean(path: Path) -> None:
    """Complete an earlier save that was interrupted."""
    earlier = _earlier(path)
    if STAGED in earlier:
        _refuse_foreign(path, earlier)
        _finish(path, earlier)
    for entry in path.iterdir():
        if STAGING.fullmatch(entry.name) and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)


def _refuse_foreign(path: Path, manifest: dict[str, Any]) -> None:
    """Check that the files to move replace only files of the earlier preset."""
    staging, replaced = path / manifest[STAGED]["folder"], manifest[STAGED]["replaced"]
    for name in manifest["files"]:
        in_the_way = (staging / name).is_file() and _exists(path / name)
        if in_the_way and not _OWN.fullmatch(name) and not _is_stated(path, name, replaced):
            raise ValueError(f"{path / name} is in the way of the preset in {staging}; move it.")


def _finish(path: Path, manifest: dict[str, Any]) -> None:
    """Move the files of a preset to their names, and remove those that only the old one had."""
    staging, replaced = path / manifest[STAGED]["folder"], manifest[STAGED]["replaced"]
    files = manifest["files"]
    # Other programs find no preset where there is no configuration: so that comes last.
    for name in sorted(files, key=lambda name: (name == CONFIG, name)):
        if (staging / name).is_file():
            (path / name).parent.mkdir(exist_ok=True)
            _replace(staging / name, path / name)
    for name in replaced.keys() - files.keys():
        if _OWN.fullmatch(name) and _is_stated(path, name, replaced):
            (path / name).unlink()
            if "/" in name:
                with contextlib.suppress(OSError):  # Something else is in it.
                    (path / name).parent.rmdir()
    staging.mkdir(exist_ok=True)
    _write_manifest(finished(manifest), staging, path)
    shutil.rmtree(staging, ignore_errors=True)


def _earlier(path: Path) -> dict[str, Any]:
    """The manifest of the preset in a folder; empty if there is none."""
    source = path / MANIFEST
    return check_manifest(read_object(source), source) if source.exists() else {}


def _check_replaceable(path: Path, manifest: dict[str, Any], earlier: dict[str, Any]) -> None:
    if earlier and earlier["class"] != manifest["class"]:
        raise ValueError(
            f"{path} holds the preset of a {earlier['class']}, which saving a "
            f"{manifest['class']} would replace; choose another folder. (A task is saved with all "
            "its parts.)"
        )
    known = earlier.get("files", {})
    foreign = [
        name
        for name in manifest["files"]
        if (path / name).is_dir()
        or (name not in known and _exists(path / name))
        or ("/" in name and _is_no_folder((path / name).parent))
    ]
    if foreign:
        raise ValueError(
            f"{path} already holds {', '.join(foreign)}, not written by nlpkit; choose another "
            "folder, or empty this one."
        )


def _write_manifest(manifest: dict[str, Any], staging: Path, path: Path) -> None:
    """Replace the folder's manifest, after everything written so far has reached the disk."""
    write_json(staging / MANIFEST, manifest)
    for file in staging.rglob("*"):
        _flush(file)
    _flush(staging)
    _replace(staging / MANIFEST, path / MANIFEST)
    _flush(path)


def _replace(source: Path, target: Path) -> None:
    """Rename a file, atomically replacing another one."""
    for pause in _PATIENCE:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            time.sleep(pause)
    os.replace(source, target)


def _flush(path: Path) -> None:
    """Flush a file to the disk, and a folder's entries if supported."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Lock a folder for saving by one process; the lock ends with the process."""
    if sys.platform == "win32":
        from filelock import FileLock  # Removed when it is released, on Windows.

        with FileLock(path / ".nlpkit-lock"):
            yield
        return
    import fcntl

    handle = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # A file system without locks.
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_stated(folder: Path, name: str, stated: dict[str, Any]) -> bool:
    """Whether a file is the one that a manifest lists under its name."""
    return (folder / name).is_file() and fingerprint(folder / name) == stated.get(name)


def _is_no_folder(path: Path) -> bool:
    """Whether something else than a folder of the preset itself has its name."""
    return _exists(path) and (path.is_symlink() or not path.is_dir())


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def fingerprint(path: Path) -> dict[str, Any]:
    """The entry of a file in a manifest."""
    return {"sha256": sha256(path), "size": path.stat().st_size}
