"""Downloading of presets: cached files are used, others are downloaded and checked once."""

import os
import shutil
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from nlpkit.presets.folders.file_names import is_relative
from nlpkit.presets.folders.store import MANIFEST
from nlpkit.presets.layouts.selection import Need, first_files, needed_files, stated_files
from nlpkit.presets.sources import cache
from nlpkit.presets.sources.handle import Handle
from nlpkit.presets.sources.source import (
    FileFacts,
    Progress,
    Snapshot,
    Source,
    SourceError,
    UnreachableError,
    open_source,
)
from nlpkit.presets.sources.verification import compare, differences, fingerprint

_WORKERS = 8
_ON = ("1", "on", "yes", "true")


def fetch(
    handle: Handle,
    need: Need,
    *,
    offline: bool | None = None,
    refresh: bool = False,
    pins: Mapping[str, FileFacts] | None = None,
    anew: Collection[str] = (),
) -> Snapshot:
    """Download the files of a remote preset that `find_downloaded` lacks.

    Args:
        handle: `Handle`. The preset.
        need: `Need`. What the load needs.
        offline: bool. Whether the network may not be used; by default what `NLPKIT_OFFLINE` and
            `HF_HUB_OFFLINE` say.
        refresh: bool. Whether to ask for a newer revision.
        pins: dict of `FileFacts` by name. Files must be these, whatever the source says.
        anew: names of files to download even if they exist.

    Raises:
        SourceError: the preset is not available; the message says why and what to do.
        UnreachableError: it would have to be downloaded, and there is no network.
        OSError: the disk is full or may not be written.
    """
    source = open_source(handle)
    if is_offline(offline):
        found = None if pins else _cached(source, need)
        return found or _refuse_offline(handle)
    try:
        with cache.locked(handle):
            # Another process may have downloaded it meanwhile.
            if not (refresh or anew) and (found := find_downloaded(handle, need, pins)):
                return found
            record = None if refresh else cache.read_record(handle)
            if record:
                source = open_source(record.handle)  # The rest comes from the same revision.
            snapshot = _updated(source.look_up(), record)
            _Download(source, snapshot, pins, anew).run(need)
            cache.write_record(handle, snapshot)
            return snapshot
    except OSError:  # No network, or a cache that may not be written.
        if not (refresh or pins or anew) and (found := _cached(source, need)):
            return found
        raise


def find_downloaded(
    handle: Handle, need: Need, pins: Mapping[str, FileFacts] | None = None
) -> Snapshot | None:
    """Find an earlier download of `fetch` that has the needed files and matches the pins.

    It is used without asking the network.
    """
    record = cache.read_record(handle)
    return record if record and _is_complete(record, need, pins) else None


def is_offline(offline: bool | None) -> bool:
    """Whether the network must not be used."""
    if offline is not None:
        return offline
    return any(
        os.environ.get(name, "").lower() in _ON for name in ("NLPKIT_OFFLINE", "HF_HUB_OFFLINE")
    )


def _updated(snapshot: Snapshot, record: Snapshot | None) -> Snapshot:
    """The snapshot, with what was checked before if it is the same one.

    Files are left out whose names no system could have, or which lead elsewhere: no load needs one.
    """
    snapshot.files = {name: facts for name, facts in snapshot.files.items() if is_relative(name)}
    if record and (record.handle, record.folder) == (snapshot.handle, snapshot.folder):
        snapshot.checked = dict(record.checked)
    return snapshot


def _is_complete(record: Snapshot, need: Need, pins: Mapping[str, FileFacts] | None) -> bool:
    """Whether a load can do with what a record says is there."""
    try:
        if not all(_is_checked(record, name) for name in first_files(record.files, need)):
            return False
        names = needed_files(record.files, record.folder, need)
    except ValueError:
        return False
    if pins is not None and not all(_is_pinned(record, name, pins) for name in names):
        return False
    return all(_is_checked(record, name) for name in names)


def _is_pinned(record: Snapshot, name: str, pins: Mapping[str, FileFacts]) -> bool:
    found = record.checked.get(name)
    return found is not None and name in pins and not compare(found, pins[name])


def _is_checked(record: Snapshot, name: str) -> bool:
    facts = record.checked.get(name)
    path = record.folder / name
    return facts is not None and path.is_file() and path.stat().st_size == facts.size


def _cached(source: Source, need: Need) -> Snapshot | None:
    """What another program has downloaded, if it has what is needed.

    Raises:
        SourceError: a file is not what its name in the cache says.
    """
    found = source.find_cached()
    if found is None:
        return None
    try:
        first = first_files(found.files, need)
        names = {*first, *needed_files(found.files, found.folder, need)}
    except ValueError:
        return None
    if not names <= found.files.keys():
        return None
    for name in names:
        if wrong := differences(found.folder / name, found.files[name], remembered=True):
            raise SourceError(
                f"{found.folder / name} is damaged: {'; '.join(wrong)}. Delete it, and load the "
                "preset with a network"
            )
    return found


def _refuse_offline(handle: Handle) -> Snapshot:
    raise UnreachableError(
        "it is not on this machine, and the network is switched off (offline=True, NLPKIT_OFFLINE "
        f"or HF_HUB_OFFLINE). Download it with: python -m nlpkit presets download {handle}"
    )


class _Download:
    """The download of a snapshot's files, several at a time, with one progress bar.

    Each is compared with everything stated about it, by the source, by the preset's manifest and by
    a lock file. One that differs is deleted and downloaded once more, then rejected.
    """

    def __init__(
        self,
        source: Source,
        snapshot: Snapshot,
        pins: Mapping[str, FileFacts] | None,
        anew: Collection[str] = (),
    ) -> None:
        self._source = source
        self._snapshot = snapshot
        self._pins = pins
        self._anew = {*anew}
        self._manifest: dict[str, FileFacts] = {}
        self._failed = threading.Event()

    def run(self, need: Need) -> None:
        snapshot = self._snapshot
        self._bring_all(first_files(snapshot.files, need), hidden=True)
        if MANIFEST in snapshot.files:
            self._manifest = stated_files(snapshot.folder)
        self._bring_all(needed_files(snapshot.files, snapshot.folder, need))
        self._require_distinct()

    def _require_distinct(self) -> None:
        """Check that no file replaced another, by having the same ETag or a name in another case.

        Raises:
            SourceError: two files that differ are one in the cache.
        """
        seen: dict[tuple[int, int], str] = {}
        for name, facts in self._snapshot.checked.items():
            path = self._snapshot.folder / name
            if path.is_file():
                state = path.stat()
                other = seen.setdefault((state.st_dev, state.st_ino), name)
                if self._snapshot.checked[other] != facts:
                    raise SourceError(f"{other} and {name} are one file in the cache, and differ")

    def _bring_all(self, names: list[str], hidden: bool = False) -> None:
        lacking = [name for name in dict.fromkeys(names) if not self._has(name)]
        if not lacking:
            return
        size = sum(self._size(name) for name in lacking)
        _require_space(self._snapshot.folder, size)
        with _bar(size, str(self._source.handle), hidden) as bar:

            def count(size: int) -> None:
                if self._failed.is_set():
                    raise InterruptedError("another file of the preset could not be had")
                bar.update(size)

            pool = ThreadPoolExecutor(_WORKERS)
            try:
                found = list(pool.map(lambda name: self._bring(name, count), lacking))
            except BaseException:
                self._failed.set()  # Ends what the other threads are at.
                raise
            finally:
                pool.shutdown(cancel_futures=True)
        self._snapshot.checked |= dict(zip(lacking, found, strict=True))
        self._anew -= {*lacking}

    def _bring(self, name: str, progress: Progress) -> FileFacts:
        wrong: list[str] = []
        for anew in (name in self._anew, True):
            with cache.explained(self._snapshot.folder):
                path = self._source.resolve(self._snapshot, name, progress, anew)
                facts = fingerprint(path)
            wrong = compare(facts, self._source.stated(name, path)) + self._wrong(name, facts)
            if not wrong:
                return facts
            self._source.discard(path)
        raise SourceError(
            f"{name} arrived damaged twice and was deleted: {'; '.join(dict.fromkeys(wrong))}"
        )

    def _has(self, name: str) -> bool:
        checked = self._snapshot.checked.get(name)
        return (
            checked is not None
            and name not in self._anew
            and _is_checked(self._snapshot, name)
            and not self._wrong(name, checked)
        )

    def _wrong(self, name: str, found: FileFacts) -> list[str]:
        wrong = [text for stated in self._stated(name) for text in compare(found, stated)]
        return list(dict.fromkeys(wrong))

    def _stated(self, name: str) -> list[FileFacts]:
        if self._pins is not None and name not in self._pins:
            raise SourceError(f"the lock file does not pin {name}; lock the preset again")
        sources = (self._snapshot.files, self._manifest, self._pins or {})
        return [facts[name] for facts in sources if name in facts]

    def _size(self, name: str) -> int:
        path = self._snapshot.folder / name
        there = path.stat().st_size if path.is_file() else 0
        sizes = [facts.size for facts in self._stated(name) if isinstance(facts.size, int)]
        return max(sizes[0] - there, 0) if sizes else 0


def _require_space(folder: Path, size: int) -> None:
    place = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(place).free
    if size > free:
        with cache.explained(folder):
            raise OSError(28, f"{size / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free")


def _bar(size: int, handle: str, hidden: bool) -> Any:
    from huggingface_hub.utils import tqdm  # Obeys HF_HUB_DISABLE_PROGRESS_BARS.

    return tqdm(
        total=size or None,
        desc=handle,
        unit="B",
        unit_scale=True,
        name="nlpkit.presets",
        disable=hidden,
    )
