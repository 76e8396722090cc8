"""Reading a small file that somebody else wrote: plain, and of bounded size."""

import os
import stat
from pathlib import Path

MEBIBYTE = 1 << 20


def read_bounded(path: str | Path, limit: int) -> bytes:
    """The content of a file.

    Args:
        path: the file. A pipe or a device is not opened: reading it might never end.
        limit: int. Bytes it may have.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no plain file, or is larger.
    """
    # Opening a pipe would wait for somebody who writes.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError(f"{path} is no plain file")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"{path} has more than {limit / MEBIBYTE:g} MiB")
    return content
