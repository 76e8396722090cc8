"""Files of a preset, opened once, so that the same file is hashed and read.

A file that replaces it meanwhile has no effect, and a change of the file itself is detected.
"""

import mmap
import os
import weakref
from dataclasses import replace
from pathlib import Path

from nlpkit.presets.folders.hash_cache import FileState, digest, sha256_of


class OpenedFile:
    """A file that stays open while it is in use.

    Args:
        path: path.

    Attributes:
        path: path. What it was opened by.
        size: int. In bytes.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb", buffering=0)
        weakref.finalize(self, self._file.close)
        self._state = FileState.of(self._file)
        self._hash: str | None = None
        self.size = self._state.size

    def sha256(self) -> str:
        """The SHA-256 of its content; that of a large file is cached."""
        self._hash = sha256_of(self._file, self.path.resolve())
        return self._hash

    def content(self) -> bytes:
        """Read the whole file; a file that changed meanwhile is rejected."""
        self._file.seek(0)
        content = self._file.read()
        if len(content) != self.size:
            raise ValueError(f"{self.path} was changed while it was read.")
        return content

    def read(self, start: int, length: int) -> bytes:
        """Read bytes from an offset, fewer at the end of the file."""
        self._file.seek(start)
        return self._file.read(length)

    def read_into(self, buffer: memoryview, start: int) -> None:
        """Fill a buffer with the bytes from an offset.

        Raises:
            ValueError: the file ends before.
        """
        self._file.seek(start)
        while len(buffer):
            count = self._file.readinto(buffer)  # Two gigabytes at most.
            if not count:
                raise ValueError(f"{self.path} was cut short while it was read.")
            buffer = buffer[count:]

    def map(self) -> mmap.mmap:
        """Map its content into memory, copy-on-write."""
        return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_COPY)

    def read_ahead(self) -> None:
        """Ask the system to read it into memory in the background, if supported."""
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)

    def is_at(self, path: Path) -> bool:
        """Whether it is still the file at a path, and unchanged since it was opened."""
        try:
            return FileState.of(path) == self._state
        except OSError:
            return False

    def check_unchanged(self, by_path: bool = False) -> None:
        """Check that the file has not changed while it was read.

        Args:
            by_path: bool. Whether its path must also still be its own, for who read it by that.

        Raises:
            ValueError: it was written to since it was opened.
        """
        now = FileState.of(self._file)
        if by_path and self.path.stat().st_ino != now.inode:
            raise ValueError(f"{self.path} was replaced while it was read; load it again.")
        # It is also renamed and removed, by a preset that is saved in its place.
        is_renamed = now != self._state and replace(now, ctime=self._state.ctime) == self._state
        if is_renamed and self._hash in (None, digest(self._file)):
            return
        if now != self._state:
            raise ValueError(
                f"{self.path} was changed while it was read; load it again when it is complete."
            )
