"""Repair of downloaded presets: changed files are found by their hashes and downloaded again."""

import dataclasses
from pathlib import Path

from nlpkit._warning import warn
from nlpkit.presets.keeping import verify
from nlpkit.presets.layouts.selection import Need, is_weights
from nlpkit.presets.registry import find_local, find_snapshot, sources_of
from nlpkit.presets.sources import cache
from nlpkit.presets.sources.downloading import fetch, is_offline
from nlpkit.presets.sources.handle import Handle, is_remote, parse_handle
from nlpkit.presets.sources.lock_file import LockFile, Pin
from nlpkit.presets.sources.source import FileFacts, Snapshot, SourceError
from nlpkit.presets.sources.verification import differences


def require_verified(
    preset: str | Path,
    need: Need,
    *,
    offline: bool | None = None,
    lock: str | Path | None = None,
) -> None:
    """Verify the hashes of a preset's files, without the hash cache.

    Changed files of a downloaded preset are downloaded again, with a warning that names them.

    Raises:
        ValueError: a file differs that cannot be brought anew, or no hashes are known.
        ConnectionError: a file differs, and there is no network.
    """
    pin = _pin(preset, lock)
    found = find_local(preset) or find_snapshot(preset, need, offline=offline, pin=pin)
    if isinstance(found, Path) and pin is None:
        verify(found)
    elif isinstance(found, Path) or not found.checked:
        _require_as_stated(found, pin)
    else:
        repair(preset, need, offline=offline, lock=lock)


def repair(
    preset: str | Path,
    need: Need,
    *,
    offline: bool | None = None,
    lock: str | Path | None = None,
    error: Exception | None = None,
) -> bool:
    """Download changed files of a preset again, with one warning that names them.

    That is what differs from what was downloaded; and if a load failed because of a file of which
    nobody ever stated a hash, that file, in case it came damaged.

    Args:
        preset: str or Path. The preset.
        need: `Need`. What the load needs.
        offline: bool. Whether the network may not be used.
        lock: str or Path. A lock file that pins the preset.
        error: Exception. Why it could not be loaded.

    Returns:
        Whether a file is another one now.

    Raises:
        ValueError, ConnectionError, OSError: a file differs, and is not available.
    """
    pin = _pin(preset, lock)
    handle, record = _record(preset, pin)
    if handle is None or record is None:
        return False
    names = [name for name in record.checked if need.weights or not is_weights(name)]
    damaged = [name for name in names if _differs(record, name)]
    doubtful = [name for name in names if _is_doubtful(record, name, str(error))]
    if damaged and is_offline(offline):
        raise SourceError(
            f"{', '.join(damaged)} of the preset {str(preset)!r} changed on this machine; load it "
            "once with a network, which brings what was downloaded"
        )
    if not damaged and (not doubtful or is_offline(offline)):
        return False
    pins = pin.files if pin else None
    now = fetch(handle, need, offline=offline, pins=pins, anew=(*damaged, *doubtful)).checked
    changed = {*damaged} | {name for name in doubtful if now.get(name) != record.checked[name]}
    if changed:
        warn(
            f"The preset {str(preset)!r} was damaged on this machine: {', '.join(sorted(changed))} "
            "was downloaded again."
        )
    return bool(changed)


def _pin(preset: str | Path, lock: str | Path | None) -> Pin | None:
    return LockFile.read(lock).pin(str(preset)) if lock is not None else None


def _record(preset: str | Path, pin: Pin | None) -> tuple[Handle | None, Snapshot | None]:
    """Where a preset was downloaded from, and what is known of its files."""
    if find_local(preset) is not None:
        return None, None
    sources = (pin.source,) if pin and pin.source else sources_of(preset)
    for handle in [parse_handle(source) for source in sources if is_remote(source)]:
        if record := cache.read_record(handle):
            return handle, record
    return None, None


def _differs(record: Snapshot, name: str) -> bool:
    # One hash is enough, and SHA-256 is the faster one.
    stated = dataclasses.replace(record.checked[name], git_sha1=None)
    path = record.folder / name
    return not path.is_file() or bool(differences(path, stated))


def _is_doubtful(record: Snapshot, name: str, message: str) -> bool:
    """Whether a file may have come damaged, and it is what a message is about."""
    facts = record.files.get(name, FileFacts())
    is_stated = facts.sha256 is not None or facts.git_sha1 is not None
    return not is_stated and str(record.folder / name) in message


def _require_as_stated(found: Snapshot | Path, pin: Pin | None) -> None:
    """Compare files with a lock file, or with what another program's cache names them."""
    folder = found if isinstance(found, Path) else found.folder
    stated = pin.files if pin else found.files if isinstance(found, Snapshot) else {}
    unknown = [name for name, facts in stated.items() if not (facts.sha256 or facts.git_sha1)]
    if unknown:
        raise ValueError(f"{folder}: no hashes are known of {', '.join(unknown)}.")
    for name, facts in stated.items():
        if wrong := differences(folder / name, facts):
            raise ValueError(f"{folder / name} is damaged: {'; '.join(wrong)}.")
