"""Files of a preset, opened once: what is hashed and what is read are the same file.

Another file that comes to have its name meanwhile changes nothing here, and a change of the file
itself is noticed.
"""

import mmap
import os
import weakref
from dataclasses import replace
from pathlib import Path

from nlpkit.presets.folders.hash_cache import FileState, digest, sha256_of


class OpenedFile:
    """A file that stays open until nobody needs it.

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
        """The SHA-256 of its content; that of a large file is remembered."""
        self._hash = sha256_of(self._file, self.path.resolve())
        return self._hash

    def content(self) -> bytes:
        """All its bytes, which are a whole file: one that changed in between is refused."""
        self._file.seek(0)
        content = self._file.read()
        if len(content) != self.size:
            raise ValueError(f"{self.path} was changed while it was read.")
        return content

    def read(self, start: int, length: int) -> bytes:
        """So many bytes from a place on, or fewer at its end."""
        self._file.seek(start)
        return self._file.read(length)

    def read_into(self, buffer: memoryview, start: int) -> None:
        """Fill a buffer with the bytes from a place on.

        Raises:
            ValueError: there are not so many.
        """
        self._file.seek(start)
        while len(buffer):
            count = self._file.readinto(buffer)  # Two gigabytes at most.
            if not count:
                raise ValueError(f"{self.path} was cut short while it was read.")
            buffer = buffer[count:]

    def map(self) -> mmap.mmap:
        """Its content as memory; what is written there stays in this process."""
        return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_COPY)

    def read_ahead(self) -> None:
        """Have the system bring it into memory meanwhile, where it can."""
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)

    def is_at(self, path: Path) -> bool:
        """Whether it is what a path leads to, and is as it was when it was opened."""
        try:
            return FileState.of(path) == self._state
        except OSError:
            return False

    def check_unchanged(self, by_path: bool = False) -> None:
        """Make sure that all that was read of it is of one content.

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
