"""Names: of presets, to their folders; of classes, to nlpkit's own classes."""

import importlib.resources
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import keras

from nlpkit._registry import known_classes
from nlpkit.presets import records
from nlpkit.presets.folders.store import MANIFEST
from nlpkit.presets.layouts.selection import Need
from nlpkit.presets.preset import FromPreset
from nlpkit.presets.sources.downloading import fetch, find_downloaded
from nlpkit.presets.sources.handle import COMMIT, FORMS, is_remote, parse_handle
from nlpkit.presets.sources.lock_file import LockFile, Pin
from nlpkit.presets.sources.source import FileFacts, Snapshot, SourceError, UnreachableError
from nlpkit.presets.sources.verification import differences

_ADVICE = (
    "\nWithout a network: {} come with nlpkit; what was downloaded once is loaded from this "
    "machine; NLPKIT_OFFLINE=1 or offline=True keeps from trying."
)
# A commit, or a version of Kaggle's; branches and tags are pinned to one.
_FIXED = re.compile(rf"{COMMIT.pattern}|[0-9]+", re.ASCII)
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


def bundled_presets() -> list[str]:
    """List the presets that are part of nlpkit and need no download.

    Returns:
        list of str, the names that `from_preset` takes.

    Example:
        >>> from nlpkit.presets.registry import bundled_presets
        >>> "bert_nano_en_uncased_sst2" in bundled_presets()
        True
    """
    return sorted(path.name for path in _bundled().iterdir() if (path / MANIFEST).is_file())


def find_folder(preset: str | Path, **options: Any) -> Path:
    """Find the folder of a preset, downloading it if needed; see `find_files`."""
    return find_files(preset, **options)[0]


def find_files(
    preset: str | Path,
    *,
    need: Need = Need(),  # noqa: B008 (frozen)
    offline: bool | None = None,
    refresh: bool = False,
    lock: str | Path | None = None,
) -> tuple[Path, Mapping[str, FileFacts] | None]:
    """Find the folder of a preset and its files, downloading it if needed.

    Other files in a folder than those that a lock pins, or that were downloaded and checked, are
    not trusted.

    Args:
        preset: str or Path. A preset's name, a handle, or a folder.
        need: `Need`. What the load needs.
        offline: bool. Whether the network may not be used; by default what `NLPKIT_OFFLINE` and
            `HF_HUB_OFFLINE` say.
        refresh: bool. Whether to ask the source for a newer revision.
        lock: str or Path. A lock file that must pin the preset.

    Returns:
        The folder, and what is known of its files by name; None for a folder that nothing is said
        of.

    Raises:
        ValueError: there is no such preset or folder, or it is not available.
        ConnectionError: it would have to be downloaded, and there is no network.
        OSError: the disk is full or may not be written.
    """
    if not isinstance(preset, str | Path):
        raise TypeError(f"preset must be a str or a Path; got {preset!r}.")
    pin = LockFile.read(lock).pin(str(preset)) if lock is not None else None
    found = find_local(preset) or find_snapshot(
        preset, need, offline=offline, refresh=refresh, pin=pin
    )
    if not isinstance(found, Path):
        return found.folder, found.checked or found.files
    if pin:
        _require_pinned(found, pin)
    return found, pin.files if pin else None


def find_local(preset: str | Path) -> Path | None:
    """The folder of a bundled preset, of a `file://` URL or of a path; None if it is none."""
    name = str(preset)
    if isinstance(preset, str) and name in bundled_presets():
        return _bundled() / name
    if is_remote(name):
        return None
    is_url = name.startswith("file://")
    path = Path(unquote(urlsplit(name).path)) if is_url else Path(name).expanduser()
    return path if path.is_dir() else None


def find_snapshot(
    preset: str | Path,
    need: Need,
    *,
    offline: bool | None = None,
    refresh: bool = False,
    pin: Pin | None = None,
) -> Snapshot | Path:
    """A remote preset on this machine, or the folder of a name registered for one.

    Raises:
        ValueError, OSError: see `find_folder`.
    """
    sources = sources_of(preset)
    if pin is not None and pin.source is not None:
        _require_source_of(preset, pin.source, sources, pin)
        sources = (pin.source,)
    pins = pin.files if pin else None
    if not refresh:
        handles = [parse_handle(source) for source in sources if is_remote(source)]
        for handle in handles:
            if found := find_downloaded(handle, need, pins):
                return found

    def bring(source: str) -> Snapshot | Path:
        if not is_remote(source):
            return find_local(source) or _refuse(f"there is no folder {source}")
        handle = parse_handle(source)
        return fetch(handle, need, offline=offline, refresh=refresh, pins=pins)

    return _first(str(preset), sources, bring)


def sources_of(preset: str | Path) -> tuple[str, ...]:
    """Where a name or handle says that a preset is, the best place first.

    Raises:
        ValueError: there is no such preset.
    """
    name = str(preset)
    if is_remote(name):
        return (name,)
    if isinstance(preset, str) and name in records.known_records():
        return records.known_records()[name].sources
    hint = f" For the Hub, say hf://{name}." if _REPOSITORY.fullmatch(name) else ""
    raise ValueError(
        f"{name!r} is neither a preset's name nor a folder."
        f"{records.nearest(name, [*records.known_records(), *bundled_presets()])}{hint} "
        f"nlpkit.presets.list() shows the names; handles are {FORMS}."
    )


def find_class(name: object) -> type[Any]:
    """nlpkit's own class of that name; the list of them is the list of what presets can build.

    Raises:
        ValueError: nlpkit has no such class.
    """
    classes = known_classes()
    if name not in classes:
        near = records.nearest(str(name), classes)
        raise ValueError(f"{name!r} is not a class of nlpkit.{near}")
    return classes[name]


def subclasses_of(cls: type) -> list[type[Any]]:
    """nlpkit's own classes that are `cls` or extend it."""
    return [known for known in known_classes().values() if issubclass(known, cls)]


def records_of(cls: type[FromPreset]) -> dict[str, records.PresetRecord]:
    """The records of the families that a class can load, by name."""
    families = {
        family
        for backbone in known_classes().values()
        if getattr(backbone, "preset_kind", "") == "backbone" and _goes_with(cls, backbone)
        for family in getattr(backbone, "hf_model_types", ())
    }
    known = records.known_records()
    return {name: record for name, record in known.items() if record.family in families}


def _goes_with(cls: type[FromPreset], backbone: keras.Model) -> bool:
    """Whether a backbone's presets can be loaded as `cls` or a family's subclass of it."""
    if cls.preset_kind == "backbone":
        return issubclass(backbone, cls) or issubclass(cls, backbone)
    tokenizer = getattr(backbone, "tokenizer_class", object)
    if cls.preset_kind == "tokenizer":
        return issubclass(tokenizer, cls)
    part, held = ("backbone", backbone) if cls.preset_kind == "task" else ("tokenizer", tokenizer)
    base = find_class(part.capitalize())
    if getattr(cls, f"{part}_class") is base and getattr(cls, "head_on", _none)(backbone):
        return True  # A base class that needs no subclass for the family.
    needed = {getattr(known, f"{part}_class") for known in (cls, *subclasses_of(cls))}
    return any(issubclass(held, one) for one in needed - {base})


def _none(_: object) -> None:
    return None


def _first(
    name: str, sources: tuple[str, ...], bring: Callable[[str], Snapshot | Path]
) -> Snapshot | Path:
    """The result of the first source that has the preset."""
    problems: list[Exception] = []
    for source in sources:
        try:
            return bring(source)
        except (ValueError, UnreachableError, ImportError) as error:
            problems.append(error)
    kinds = {type(problem) for problem in problems}
    kind = UnreachableError if kinds == {UnreachableError} else SourceError
    advice = _ADVICE.format(", ".join(bundled_presets())) if UnreachableError in kinds else ""
    # What each source said is in the message; how it came to say so helps nobody.
    if sources == (name,):
        raise kind(f"The preset {name!r} is not available: {problems[0]}{advice}") from None
    told = [f"\n  {where}: {what}" for where, what in zip(sources, problems, strict=True)]
    raise kind(
        f"The preset {name!r} is not available from its sources.{''.join(told)}{advice}"
    ) from None


def _require_source_of(preset: str | Path, source: str, listed: tuple[str, ...], pin: Pin) -> None:
    """Check that a lock file does not redirect a name to another source."""
    if not any(_is_same(source, known, named=str(preset)) for known in listed):
        raise SourceError(
            f"{pin.lock_file} pins {str(preset)!r} to {source}, which is not one of its sources "
            f"({', '.join(listed)}). Lock it again, or ask for {source!r} itself."
        )


def _is_same(source: str, known: str, named: str) -> bool:
    """Whether two sources are one place; and one revision, if that is what was asked for."""
    if not (is_remote(source) and is_remote(known)):
        return source == known
    pinned, listed = parse_handle(source), parse_handle(known)
    asked = listed.revision if named == known else None
    return pinned.at(None) == listed.at(None) and (
        pinned.revision == asked or not _FIXED.fullmatch(asked or "")
    )


def _require_pinned(folder: Path, pin: Pin) -> None:
    for name, facts in pin.files.items():
        path = folder / name
        wrong = differences(path, facts, remembered=True) if path.is_file() else ["it is missing"]
        if wrong:
            raise ValueError(f"{path} is not what {pin.lock_file} pins: {'; '.join(wrong)}.")


def _refuse(message: str) -> Path:
    raise SourceError(message)


def _bundled() -> Path:
    return Path(str(importlib.resources.files("nlpkit.presets"))) / "bundled"
