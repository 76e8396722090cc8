"""Downloading, verifying and locking presets on this machine."""

from pathlib import Path

from nlpkit.presets.folders.manifest import MANIFEST, check_manifest, place_of
from nlpkit.presets.formats.safe_json import read_object
from nlpkit.presets.layouts.selection import Need, stated_files
from nlpkit.presets.registry import find_folder, find_local, find_snapshot, sources_of
from nlpkit.presets.sources import cache
from nlpkit.presets.sources.handle import is_remote, parse_handle
from nlpkit.presets.sources.lock_file import LockFile, Pin
from nlpkit.presets.sources.source import FileFacts, Snapshot
from nlpkit.presets.sources.verification import differences, fingerprint


def download(
    preset: str | Path,
    *,
    refresh: bool = False,
    allow_pickle: bool = False,
    lock: str | Path | None = None,
) -> Path:
    """Download a preset, so that later loads need no network.

    Args:
        preset: str or Path. A preset's name or handle.
        refresh: bool. Whether to ask for a newer revision, if none is pinned. Otherwise an earlier
            download is kept.
        allow_pickle: bool. Whether pickled weights are accepted, if there are no others.
        lock: str or Path. A lock file that must pin the preset.

    Returns:
        The folder of the preset.

    Raises:
        ValueError: there is no such preset, or it is not available; the message says why.
        ConnectionError: there is no network.
        OSError: the disk is full or not writable.

    Example:
        >>> nlpkit.presets.download("bert_nano_en_uncased_sst2").name
        'bert_nano_en_uncased_sst2'
    """
    need = Need(allow_pickle=allow_pickle)
    return find_folder(preset, need=need, refresh=refresh, lock=lock, offline=None)


def verify(preset: str | Path) -> list[str]:
    """Compare the files of a preset on this machine with their known hashes.

    Args:
        preset: str or Path. The name or handle of a preset that was downloaded, or a folder in
            nlpkit's own layout.

    Returns:
        list of str, the files that were compared and are intact.

    Raises:
        ValueError: a file is damaged or missing, or there are no known hashes.

    Example:
        >>> "model.safetensors" in nlpkit.presets.verify("bert_nano_en_uncased_sst2")
        True
    """
    folder, stated = _stated(preset)
    wrong = []
    source = folder / MANIFEST
    manifest = check_manifest(read_object(source), source) if source.is_file() else None
    for name, facts in stated.items():
        path = place_of(name, folder, manifest)
        problems = differences(path, facts) if path.is_file() else ["it is missing"]
        wrong += [f"{path}: {problem}" for problem in problems]
    if wrong:
        raise ValueError(
            f"The preset {str(preset)!r} is damaged: {'; '.join(wrong)}. Delete what is damaged; "
            "the next load downloads it again."
        )
    return sorted(stated)


def lock(path: str | Path, *presets: str) -> Path:
    """Pin presets to their revision and to the hashes of their files.

    `from_preset(name, lock=path)` then loads exactly these files, or raises an error.

    Args:
        path: str or Path. The lock file. Its other pins are kept.
        *presets: str. Names, handles or folders; they are downloaded if need be.

    Returns:
        The path.

    Raises:
        ValueError: no preset is named, or one is not available.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "presets.lock"
        >>> nlpkit.presets.lock(path, "bert_nano_en_uncased_sst2").name
        'presets.lock'
    """
    if not presets:
        raise ValueError("lock needs the presets to pin: lock(path, 'bert_base_en', …).")
    target = Path(path)
    file = LockFile.read(target) if target.exists() else LockFile(target, {})
    file.pins |= {preset: _pin(preset) for preset in presets}
    file.write()
    return target


def _pin(preset: str) -> Pin:
    found = find_local(preset) or find_snapshot(preset, Need())
    if isinstance(found, Snapshot):
        return Pin(str(found.handle), _pinned(found))
    names = [path for path in found.rglob("*") if path.is_file()]
    return Pin(None, {path.relative_to(found).as_posix(): fingerprint(path) for path in names})


def _pinned(snapshot: Snapshot) -> dict[str, FileFacts]:
    # Files of another program's cache were not checked by nlpkit; they are hashed now.
    return snapshot.checked or {
        name: fingerprint(snapshot.folder / name) for name in snapshot.files
    }


def _stated(preset: str | Path) -> tuple[Path, dict[str, FileFacts]]:
    if local := find_local(preset):
        if not (local / MANIFEST).is_file():
            raise ValueError(f"{local} has no {MANIFEST}, so no hashes of its files are known.")
        return local, stated_files(local)
    for source in sources_of(preset):
        record = cache.read_record(parse_handle(source)) if is_remote(source) else None
        if record:
            return record.folder, record.checked
    raise ValueError(
        f"The preset {str(preset)!r} has not been downloaded to this machine; "
        f"nlpkit.presets.download({str(preset)!r}) does so."
    )
