"""Sources of presets: one class per scheme, which lists and downloads files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nlpkit.presets.sources.handle import Handle

Progress = Callable[[int], object]


class SourceError(ValueError):
    """A preset is not available from a source: missing, gated, damaged, or in an unsafe format."""


class UnreachableError(ConnectionError):
    """A source does not answer, or the network is off."""


@dataclass(frozen=True)
class FileFacts:
    """What is stated about a file; None for what is not.

    Attributes:
        size: int. In bytes.
        sha256: str. Of its content.
        git_sha1: str. Of its content as a git blob, which is how the Hub names small files.
    """

    size: int | None = None
    sha256: str | None = None
    git_sha1: str | None = None


@dataclass
class Snapshot:
    """One revision of a preset: the folder its files go to, and what is known of them.

    Attributes:
        handle: `Handle`, with the revision that was found.
        folder: path. Where the files are, or will be.
        files: dict of `FileFacts` by name. What the source holds.
        checked: dict of `FileFacts` by name. What was found in the folder, and is as stated.
    """

    handle: Handle
    folder: Path
    files: dict[str, FileFacts]
    checked: dict[str, FileFacts] = field(default_factory=dict)


class Source:
    """Where a preset comes from.

    Args:
        handle: `Handle`. The place, as it was asked for.
    """

    def __init__(self, handle: Handle) -> None:
        self.handle = handle

    def look_up(self) -> Snapshot:
        """Ask the source which revision there is, and which files it has.

        Raises:
            SourceError: there is nothing, or it may not be read.
            UnreachableError: the source does not answer.
        """
        raise NotImplementedError

    def resolve(
        self, snapshot: Snapshot, name: str, progress: Progress, anew: bool = False
    ) -> Path:
        """Download one file to the snapshot's folder, unless it exists.

        Args:
            snapshot: `Snapshot`, as `look_up` gave it.
            name: str. The file.
            progress: called with the number of bytes, whenever some have come.
            anew: bool. Whether to bring it even if it is there.

        Returns:
            The file's path.
        """
        raise NotImplementedError

    def find_cached(self) -> Snapshot | None:
        """Find a copy of this preset in another program's cache, or None."""
        return None

    def stated(self, name: str, path: Path) -> FileFacts:
        """What came with a file about its content, or is in the name it has in the cache."""
        return FileFacts()

    def discard(self, path: Path) -> None:
        """Delete a file that proved wrong; of a link, nothing but the link."""
        path.unlink(missing_ok=True)


def open_source(handle: Handle) -> Source:
    """The source of a handle."""
    # Each is imported when one of its presets is asked for: it brings a client.
    if handle.scheme == "hf":
        from nlpkit.presets.sources.hub import HubSource

        return HubSource(handle)
    if handle.scheme == "kaggle":
        from nlpkit.presets.sources.kaggle import KaggleSource

        return KaggleSource(handle)
    from nlpkit.presets.sources.http import HttpSource

    return HttpSource(handle)
