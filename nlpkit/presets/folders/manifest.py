"""The manifest nlpkit.json: a preset's class and arguments, and its files' SHA-256 and size.

While a preset is being saved, `staged` says in which folder its files still are, and what the files
of the preset were that it replaces; see `publishing`.
"""

import json
import re
from pathlib import Path
from typing import Any

from nlpkit.presets.folders.file_names import check_distinct, preset_name

MANIFEST = "nlpkit.json"
FORMAT_VERSION = 1
STAGED = "staged"
STAGING = re.compile(r"\.nlpkit-\w{8}", re.ASCII)
MOST_FILES = 1000
_KINDS = {"sha256": str, "size": int}


def to_json(content: Any) -> str:
    """Format JSON for readers."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def finished(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest after all files have been moved to their names."""
    return {key: value for key, value in manifest.items() if key != STAGED}


def place_of(name: str, folder: Path, manifest: dict[str, Any] | None) -> Path:
    """The path of a preset's file: under its name, or still in the staging folder."""
    staging = (manifest or {}).get(STAGED, {}).get("folder")
    staged = folder / staging / name if staging else None
    return staged if staged is not None and staged.is_file() else folder / name


def check_manifest(manifest: dict[str, Any], source: Path) -> dict[str, Any]:
    """Check the contents of a manifest.

    Raises:
        ValueError: it is of another version, has an unknown key, or lacks one; or a file's name is
            a path, or a fact is missing.
    """
    version = manifest.get("format_version")
    if version != FORMAT_VERSION:
        raise ValueError(
            f"{source} has format_version {version!r}; this nlpkit reads {FORMAT_VERSION}. "
            "Install a newer nlpkit."
        )
    kinds = {"class": str, "arguments": dict, "files": dict}
    staged = manifest.get(STAGED)
    unknown = sorted(manifest.keys() - kinds.keys() - {"format_version", STAGED})
    if unknown:
        raise ValueError(f"{source} has unknown keys: {', '.join(unknown)}.")
    for key, kind in kinds.items():
        if not isinstance(manifest.get(key), kind):
            raise ValueError(f"{source} must have {key!r} of type {kind.__name__}.")
    _check_files(manifest["files"], source)
    if staged is not None:
        _check_staged(staged, source)
    return manifest


def _check_files(files: dict[str, Any], source: Path) -> None:
    if len(files) > MOST_FILES:
        raise ValueError(f"{source} lists more than {MOST_FILES} files.")
    for name, stated in files.items():
        preset_name(name, source)
        kinds = (
            {what: type(stated.get(what)) for what in _KINDS} if isinstance(stated, dict) else {}
        )
        if kinds != _KINDS:
            raise ValueError(f"{source} must state sha256 and size of {name}; got {stated!r:.200}.")
    check_distinct(files, source)


def _check_staged(staged: object, source: Path) -> None:
    kinds = {"folder": str, "replaced": dict}
    if not isinstance(staged, dict) or {key: type(staged[key]) for key in staged} != kinds:
        raise ValueError(f"{source}: {STAGED} must have a folder, and files replaced.")
    if not STAGING.fullmatch(staged["folder"]) or (source.parent / staged["folder"]).is_symlink():
        raise ValueError(
            f"{source}: {STAGED} names {staged['folder']!r:.100}, not the folder of a save."
        )
    _check_files(staged["replaced"], source)
