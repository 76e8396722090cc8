"""Read access to the files of a folder."""

import os
from pathlib import Path
from typing import Any

from nlpkit.presets.formats.safe_json import LARGE, MEBIBYTE, SMALL, parse_object

_TEXT_BYTES = 16 << 20
_TEXT_LINES = 1_000_000


class FolderFiles:
    """The files of a folder.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, folder: "str | os.PathLike[str] | FolderFiles") -> "FolderFiles":
        """Wrap a folder given by its path; return other values unchanged."""
        return folder if isinstance(folder, FolderFiles) else FolderFiles(Path(folder))

    def __str__(self) -> str:
        return str(self.path)

    def __fspath__(self) -> str:
        return str(self.path)

    def within(self, name: str) -> "FolderFiles":
        """The files of a subfolder."""
        return _Within(self, name)

    def has(self, name: str) -> bool:
        """Whether there is a readable file of this name."""
        return (self.path / name).is_file()

    def read(self, name: str, limit: int = LARGE) -> bytes:
        """Read a file.

        Args:
            name: str.
            limit: int. The maximum size in bytes.

        Raises:
            ValueError: there is no such file, or it is too large.
        """
        if not self.has(name):
            raise ValueError(f"{self.path} lacks the file {name}.")
        # Here, as a tokenizer is mostly built of no folder, and this brings the cache of hashes.
        from nlpkit.presets.folders.opened_file import OpenedFile

        file = OpenedFile(self.path / name)
        self._check_size(name, file.size, limit)
        return file.content()

    def json(self, name: str, limit: int = SMALL) -> dict[str, Any]:
        """Read a JSON object from a file.

        Raises:
            ValueError: there is none, or what `parse_json` refuses; the message names the file.
        """
        try:
            content = self.read(name, limit)
        except (OSError, ValueError) as error:
            raise ValueError(f"{self.path / name} is not a readable JSON file: {error}") from error
        return parse_object(content, str(self.path / name))

    def text(self, name: str) -> str:
        """Read a text; `newline` as in `open`.

        Raises:
            ValueError: there is none, it is not UTF-8, or longer than any text of a preset.
        """
        content, path = self.read(name), self.path / name
        if len(content) > _TEXT_BYTES:
            size = _TEXT_BYTES >> 20
            raise ValueError(f"{path} has more than {size} MiB; no text of a preset has.")
        if content.count(b"\n") > _TEXT_LINES:
            raise ValueError(f"{path} has more than {_TEXT_LINES} lines; no text of a preset has.")
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not UTF-8 text: {error}.") from error

    def lines(self, name: str) -> list[str]:
        """Read the lines of a text, with any line endings."""
        text = self.text(name).replace("\r\n", "\n").replace("\r", "\n")
        return text.removesuffix("\n").split("\n") if text else []

    def _check_size(self, name: str, size: int, limit: int) -> None:
        if size > limit:
            raise ValueError(f"{self.path / name} has more than {limit / MEBIBYTE:g} MiB.")


class _Within(FolderFiles):
    """The files of a subfolder, read through its parent."""

    def __init__(self, outer: FolderFiles, name: str) -> None:
        super().__init__(outer.path / name)
        self._outer, self._name = outer, name

    def has(self, name: str) -> bool:
        return self._outer.has(f"{self._name}/{name}")

    def read(self, name: str, limit: int = LARGE) -> bytes:
        return self._outer.read(f"{self._name}/{name}", limit)
