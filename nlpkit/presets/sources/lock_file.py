"""Lock files: presets pinned to a revision and to the hashes of their files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlpkit.presets.folders.file_names import relative_name
from nlpkit.presets.formats.safe_json import read_object
from nlpkit.presets.sources.cache import explained, write_atomically
from nlpkit.presets.sources.source import FileFacts

_FORMAT_VERSION = 1


@dataclass(frozen=True)
class Pin:
    """A preset's entry in a lock file.

    Attributes:
        source: str or None. The handle, with its revision; None for a folder or bundled preset.
        files: dict of `FileFacts` by name.
        lock_file: path. Where it is from, for messages.
    """

    source: str | None
    files: Mapping[str, FileFacts]
    lock_file: Path = field(default=Path(), compare=False)


@dataclass
class LockFile:
    """The pins of a lock file, by the name or handle that `from_preset` takes."""

    path: Path
    pins: dict[str, Pin]

    @classmethod
    def read(cls, path: str | Path) -> "LockFile":
        """Read a lock file.

        Raises:
            ValueError: there is none, or it is damaged, or of a newer nlpkit.
        """
        path = Path(path)
        try:
            content = read_object(path)
            if content["format_version"] != _FORMAT_VERSION:
                raise ValueError(f"format_version is {content['format_version']!r}")
            pins = {name: _from_plain(pin, path) for name, pin in content["presets"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{path} is not a lock file of this nlpkit: {error}. nlpkit.presets.lock makes one."
            ) from error
        return cls(path, pins)

    def pin(self, name: str) -> Pin:
        """The pin of a preset.

        Raises:
            ValueError: it is not pinned.
        """
        if name not in self.pins:
            raise ValueError(
                f"{self.path} does not pin the preset {name!r}; it pins "
                f"{', '.join(sorted(self.pins)) or 'none'}. Add it with "
                f"nlpkit.presets.lock({str(self.path)!r}, {name!r})."
            )
        return self.pins[name]

    def write(self) -> None:
        """Write the file."""
        presets = {name: _to_plain(self.pins[name]) for name in sorted(self.pins)}
        content = {"format_version": _FORMAT_VERSION, "presets": presets}
        with explained(self.path.parent):
            write_atomically(self.path, json.dumps(content, indent=2) + "\n")


def _to_plain(pin: Pin) -> dict[str, Any]:
    files = {
        name: {"sha256": pin.files[name].sha256, "size": pin.files[name].size}
        for name in sorted(pin.files)
    }
    return {"source": pin.source, "files": files}


def _from_plain(content: dict[str, Any], path: Path) -> Pin:
    source = content["source"]
    if not isinstance(source, str | None):
        raise TypeError(f"a source must be a handle or null; got {source!r:.100}")
    files = {
        relative_name(name, path): FileFacts(int(facts["size"]), str(facts["sha256"]))
        for name, facts in content["files"].items()
    }
    return Pin(source, files, lock_file=path)
