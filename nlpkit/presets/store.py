"""The folder of a preset: writing it, and reading it with every file checked.

nlpkit's own layout is a Hugging Face folder plus `nlpkit.json`, the manifest: format version, the
class and its constructor arguments, and SHA-256 and size of every file.
"""

import hashlib
import json
import os
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from nlpkit.presets.tensors import INDEX, WEIGHTS, TensorFiles

MANIFEST = "nlpkit.json"
CONFIG = "config.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
FORMAT_VERSION = 1
_PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")


class PresetFolder:
    """A preset's folder, opened for reading.

    Sizes of all files, and hashes of all but the weights, are compared with the manifest at once;
    the weights' hashes when they are asked for. A folder without manifest has no hashes.

    Args:
        path: the folder.

    Attributes:
        manifest: dict. The parsed nlpkit.json, or None.

    Raises:
        ValueError: the folder is no preset, or a file is missing or differs from the manifest.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest: dict[str, Any] | None = None
        if self.has(MANIFEST):
            self.manifest = self.json(MANIFEST)
            _check_manifest(self.manifest, path / MANIFEST)
            for name in self.manifest["files"]:
                self._check(name, hashed=not name.endswith(".safetensors"))
        elif not self.has(CONFIG):
            raise ValueError(f"{path} is no preset folder: it has neither {MANIFEST} nor {CONFIG}.")

    def __str__(self) -> str:
        return str(self.path)

    def has(self, name: str) -> bool:
        """Whether a file of this name is in the folder."""
        return (self.path / name).is_file()

    def json(self, name: str) -> dict[str, Any]:
        """Read a JSON object from a file of the folder."""
        path = self.path / name
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(f"{path} is no readable JSON file: {error}.") from error
        if not isinstance(content, dict):
            raise ValueError(f"{path} must hold a JSON object; got {type(content).__name__}.")
        return content

    def has_weights(self) -> bool:
        """Whether the folder holds weights that can be read."""
        return self.has(WEIGHTS) or self.has(INDEX)

    def tensors(self) -> TensorFiles:
        """Open the weights.

        Raises:
            ValueError: there are none, or they are damaged, or not in the safetensors format.
        """
        if self.has(WEIGHTS):
            return TensorFiles([self._checked(WEIGHTS)])
        if self.has(INDEX):
            return self._shards()
        for name in _PICKLED:
            if self.has(name):
                raise ValueError(
                    f"{self.path} holds its weights in {name}, a pickle, which can run code when "
                    "it is opened and is never read here. Convert it with transformers: "
                    "AutoModel.from_pretrained(folder).save_pretrained(new_folder)."
                )
        raise ValueError(f"{self.path} holds no weights: neither {WEIGHTS} nor {INDEX}.")

    def _shards(self) -> TensorFiles:
        source = self.path / INDEX
        weight_map = self.json(INDEX).get("weight_map")
        if not isinstance(weight_map, dict):
            raise ValueError(f"{source} has no weight_map.")
        names = {plain_name(name, source) for name in weight_map.values()}
        tensors = TensorFiles([self._checked(name) for name in sorted(names)])
        tensors.check_index(weight_map, str(source))
        return tensors

    def _checked(self, name: str) -> Path:
        if self.manifest is not None:
            self._check(name, hashed=True)
        if not self.has(name):
            raise ValueError(f"{self.path} lacks the file {name}.")
        return self.path / name

    def _check(self, name: str, hashed: bool) -> None:
        stated = (self.manifest or {})["files"].get(name)
        path = self.path / name
        if stated is None:
            raise ValueError(f"{path} is not listed in {MANIFEST}; the folder was changed.")
        if not path.is_file():
            raise ValueError(f"{self.path} lacks the file {name}, which {MANIFEST} lists.")
        found = _fingerprint(path) if hashed else {"size": path.stat().st_size}
        for what, value in found.items():
            if stated.get(what) != value:
                raise ValueError(
                    f"{path} is damaged or was changed: its {what} is {value}, {MANIFEST} says "
                    f"{stated.get(what)}."
                )


def publish(written: Path, path: Path) -> None:
    """Move the files of a finished preset into its folder, the manifest last.

    Args:
        written: a folder that holds the preset.
        path: the folder it shall have; it is made if needed.

    Raises:
        ValueError: a file is in the way that is no part of an earlier preset of the same class.
    """
    path.mkdir(parents=True, exist_ok=True)
    names = sorted(file.name for file in written.iterdir() if file.name != MANIFEST)
    earlier = json.loads((path / MANIFEST).read_text("utf-8")) if (path / MANIFEST).exists() else {}
    now = json.loads((written / MANIFEST).read_text("utf-8"))
    if earlier and earlier.get("class") != now["class"]:
        raise ValueError(
            f"{path} holds the preset of a {earlier.get('class')}, which saving a {now['class']} "
            "would replace; choose another folder. (A task is saved with all its parts.)"
        )
    foreign = [
        name for name in names if (path / name).exists() and name not in earlier.get("files", {})
    ]
    if foreign:
        raise ValueError(
            f"{path} already holds {', '.join(foreign)}, not written by nlpkit; choose another "
            "folder, or empty this one."
        )
    for name in [*names, MANIFEST]:
        os.replace(written / name, path / name)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON object as people like to read it."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def write_manifest(path: Path, description: dict[str, Any], names: list[str]) -> None:
    """Write nlpkit.json.

    Args:
        path: the folder.
        description: the class and its arguments, as `describe` gives them.
        names: the folder's files.
    """
    files = {plain_name(name, path): _fingerprint(path / name) for name in sorted(names)}
    write_json(path / MANIFEST, {"format_version": FORMAT_VERSION, **description, "files": files})


def plain_name(name: Any, source: Path) -> str:
    """`name`, if it is a file name that stays in its folder.

    Raises:
        ValueError: it is a path, or no name at all.
    """
    plain = isinstance(name, str) and name not in ("", ".", "..") and "\0" not in name
    if not plain or {PurePosixPath(name).name, PureWindowsPath(name).name} != {name}:
        raise ValueError(f"{source} names the file {name!r}; only names in its folder are allowed.")
    return name


def _check_manifest(manifest: dict[str, Any], source: Path) -> None:
    version = manifest.get("format_version")
    if version != FORMAT_VERSION:
        raise ValueError(
            f"{source} has format_version {version!r}; this nlpkit reads {FORMAT_VERSION}. "
            "Install a newer nlpkit."
        )
    kinds = {"class": str, "arguments": dict, "files": dict}
    unknown = sorted(manifest.keys() - kinds.keys() - {"format_version"})
    if unknown:
        raise ValueError(f"{source} has unknown keys: {', '.join(unknown)}.")
    for key, kind in kinds.items():
        if not isinstance(manifest.get(key), kind):
            raise ValueError(f"{source} must have {key!r} of type {kind.__name__}.")
    for name, stated in manifest["files"].items():
        plain_name(name, source)
        if not isinstance(stated, dict):
            raise ValueError(f"{source} must state sha256 and size of {name}; got {stated!r}.")


def _fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": digest, "size": path.stat().st_size}
