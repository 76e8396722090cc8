"""Verification of files against stated sizes and hashes."""

import hashlib
from pathlib import Path

from nlpkit.presets.folders.hash_cache import sha256
from nlpkit.presets.sources.source import FileFacts

_CHUNK = 1 << 20


def fingerprint(path: Path, as_git: bool = True) -> FileFacts:
    """Compute a file's size and hashes in one pass.

    Args:
        path: the file.
        as_git: bool. Whether with the hash that git has, too.

    Raises:
        ValueError: it is a pipe or a device, which reading would wait for or never end.
    """
    if not path.is_file():
        raise ValueError(f"{path} is not a regular file.")
    size = path.stat().st_size
    sha256, git_sha1 = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            if as_git:
                git_sha1.update(chunk)
    return FileFacts(size, sha256.hexdigest(), git_sha1.hexdigest() if as_git else None)


def differences(path: Path, stated: FileFacts, remembered: bool = False) -> list[str]:
    """The differences of a file from the stated facts; empty if there are none.

    Args:
        path: the file.
        stated: `FileFacts`.
        remembered: bool. Whether the SHA-256 of a large file may be one that was computed before,
            if the file was not changed since.

    Example:
        >>> import pathlib, tempfile
        >>> from nlpkit.presets.sources.source import FileFacts
        >>> from nlpkit.presets.sources.verification import differences
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "vocab.txt"
        >>> _ = path.write_text("good")
        >>> differences(path, FileFacts(size=5))
        ['its size is 4, stated is 5']
    """
    if remembered and stated.git_sha1 is None and path.is_file():
        return compare(FileFacts(path.stat().st_size, sha256(path)), stated)
    return compare(fingerprint(path, stated.git_sha1 is not None), stated)


def compare(found: FileFacts, stated: FileFacts) -> list[str]:
    """The differences of a file's fingerprint from the stated facts."""
    values = vars(stated)
    return [
        f"its {name} is {vars(found)[name]}, stated is {value}"
        for name, value in values.items()
        if value is not None and vars(found)[name] != value
    ]
