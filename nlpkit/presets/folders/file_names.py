"""Checks that file and folder names are portable and safe."""

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

# Device names on Windows, whatever follows after a dot.
_DEVICES = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [f"{port}{number}" for port in ("COM", "LPT") for number in "123456789¹²³"]
)
_UNUSABLE = re.compile(r'[\x00-\x1f<>:"|?*]|[ .]$')
_ON_WINDOWS = os.name == "nt"
# The folder of a module of sentence-transformers, the only one that a manifest may name.
_MODULE = re.compile(r"[0-9]{1,2}_[A-Za-z]{1,32}", re.ASCII)
# A Path has one slash of two; a single letter is a drive.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def plain_name(name: Any, source: Path | str) -> str:
    """Return `name` if it is a plain file name, on Windows too.

    Raises:
        ValueError: it is a path, not a name at all, or has another meaning on Windows.
    """
    plain = isinstance(name, str) and name not in ("", ".", "..") and "\0" not in name
    if not plain or {PurePosixPath(name).name, PureWindowsPath(name).name} != {name}:
        raise ValueError(f"{source} names the file {name!r}; only names in its folder are allowed.")
    if reason := _trouble_on_windows(name):
        raise ValueError(f"{source} names the file {name!r}, which {reason}; rename it.")
    return str(name)


def relative_name(name: object, source: Path | str) -> str:
    """Return `name` if it is a relative path inside a folder, with "/" as separator.

    Raises:
        ValueError: it leads elsewhere, or a part is not a name; see `plain_name`.
    """
    for part in name.split("/") if isinstance(name, str) else [name]:
        plain_name(part, source)
    return str(name)


def preset_name(name: object, source: Path | str) -> str:
    """Return `name` if a file of a preset may have it: plain, or in the folder of a module.

    Raises:
        ValueError: it leads elsewhere, or is not a name; see `plain_name`.
    """
    folder, _, file = name.partition("/") if isinstance(name, str) else ("", "", "")
    return f"{folder}/{plain_name(file, source)}" if is_module(folder) else plain_name(name, source)


def is_module(folder: str) -> bool:
    """Whether a folder in a preset is called as that of a module, such as `1_Pooling`."""
    return bool(_MODULE.fullmatch(folder))


def is_relative(name: object) -> bool:
    """Whether a name is the path of a file inside a folder; see `relative_name`."""
    try:
        relative_name(name, "")
    except ValueError:
        return False
    return True


def check_distinct(names: Iterable[str], source: Path | str) -> None:
    """Check that names are distinct on systems that ignore case (Windows, macOS).

    Raises:
        ValueError: two are; the message names them.
    """
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if first != name:
            raise ValueError(
                f"{source} names the files {first!r} and {name!r}, which are one on systems that "
                "ignore case; rename one."
            )


def folder_to_write(folder: object, argument: str) -> Path:
    """Check a folder named by the user for saving; `~/` is the home folder.

    Args:
        folder: str or Path.
        argument: str. The argument's name, for messages.

    Raises:
        TypeError: it is neither.
        ValueError: it is empty, the home folder itself, an address, a file, or on Windows the name
            of a device.
    """
    if not isinstance(folder, str | Path):
        raise TypeError(f"{argument} must be a str or a Path; got {folder!r}.")
    name = str(folder)
    if not name.strip() or "\0" in name:
        raise ValueError(f"{argument} must name a folder; got {name!r}. The current one is '.'.")
    if _ADDRESS.match(name):
        raise ValueError(
            f"{argument} must be a folder on this machine; got {name!r}. "
            "nlpkit.presets.upload publishes what was saved."
        )
    if name.startswith("~") and not name.startswith(("~/", "~\\")):
        raise ValueError(
            f"{argument}={name!r} would be a home folder itself, or one called so; name a folder "
            f"in it, such as '~/my_preset', or say './{name}'."
        )
    path = Path(name).expanduser()
    if path == Path.home() and name != ".":
        raise ValueError(f"{argument}={name!r} is the home folder itself; name a folder in it.")
    _check_parts(path, name, argument)
    return path


def _check_parts(path: Path, name: str, argument: str) -> None:
    in_the_way = next((p for p in (path, *path.parents) if p.exists() and not p.is_dir()), None)
    if in_the_way is not None:
        raise ValueError(f"{argument} must be a folder; got {name!r}, and {in_the_way} is a file.")
    for part in path.parts if _ON_WINDOWS else ():
        reason = _trouble_on_windows(part)
        if part not in (path.anchor, "..") and reason:
            raise ValueError(f"{argument} must be a folder; got {name!r}: {part!r} {reason}.")


def _trouble_on_windows(name: str) -> str:
    """Why a name is invalid on Windows; empty if it is valid."""
    if name.split(".")[0].rstrip(" ").upper() in _DEVICES:
        return "is a device on Windows"
    if _UNUSABLE.search(name):
        return "Windows cannot have"
    return ""
