"""Reading small untrusted files, with a size limit."""

import os
import stat
from pathlib import Path

MEBIBYTE = 1 << 20


def read_bounded(path: str | Path, limit: int) -> bytes:
    """Read a file.

    Args:
        path: the file. A pipe or a device is not opened: reading it might never end.
        limit: int. The maximum size in bytes.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not a regular file, or is larger.
    """
    # Opening a pipe would wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError(f"{path} is not a regular file")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"{path} has more than {limit / MEBIBYTE:g} MiB")
    return content
