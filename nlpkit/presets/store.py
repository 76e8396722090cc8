"""The folder of a preset: writing it, and reading it with every file checked.

nlpkit's own layout is a Hugging Face folder plus `nlpkit.json`, the manifest: format version, the
class and its constructor arguments, and SHA-256 and size of every file.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from nlpkit.presets.folder_check import check_folder
from nlpkit.presets.pickled_torch import PICKLE, PICKLE_INDEX, PickledTensors
from nlpkit.presets.remembered import sha256
from nlpkit.presets.safe_json import read_object
from nlpkit.presets.tensors import INDEX, WEIGHTS, TensorFiles

MANIFEST = "nlpkit.json"
CONFIG = "config.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
FORMAT_VERSION = 1
# A KerasHub folder with a tokenizer alone has this one.
_DESCRIPTIONS = (CONFIG, "tokenizer.json")


class PresetFolder:
    """A preset's folder, opened for reading.

    Sizes of all files, and hashes of all but the weights, are compared with the manifest at once;
    the weights' hashes when they are asked for, which are remembered until the file changes. A
    folder without manifest has no hashes.

    Args:
        path: the folder.
        weights: bool. Whether weights must be there, too, which a tokenizer can do without.
        allow_pickle: bool. Whether weights may be read from pytorch_model.bin, by PyTorch's
            restricted unpickler, if there are no others.

    Attributes:
        manifest: dict. The parsed nlpkit.json, or None.

    Raises:
        ValueError: the folder is no preset, a link leads out of it, or a file is missing or differs
            from the manifest.
    """

    def __init__(self, path: Path, weights: bool = True, allow_pickle: bool = False) -> None:
        self.path = path
        self._allow_pickle = allow_pickle
        check_folder(path)
        self.manifest: dict[str, Any] | None = None
        if self.has(MANIFEST):
            self.manifest = self.json(MANIFEST)
            _check_manifest(self.manifest, path / MANIFEST)
            for name in self.manifest["files"]:
                is_weights = name.endswith(".safetensors")
                if weights or not is_weights or self.has(name):
                    self._check(name, hashed=not is_weights)
        elif not any(self.has(name) for name in _DESCRIPTIONS):
            raise ValueError(f"{path} is no preset folder: it has neither {MANIFEST} nor {CONFIG}.")

    def __str__(self) -> str:
        return str(self.path)

    def has(self, name: str) -> bool:
        """Whether a file of this name is in the folder."""
        return (self.path / name).is_file()

    def json(self, name: str) -> dict[str, Any]:
        """Read a JSON object from a file of the folder."""
        return read_object(self.path / name)

    def text(self, name: str) -> str:
        """Read a text of the folder; `newline` as it stands there."""
        return self.file(name).read_bytes().decode("utf-8")

    def has_weights(self) -> bool:
        """Whether the folder holds weights, if only as a pickle."""
        return any(self.has(name) for name in (WEIGHTS, INDEX, PICKLE, PICKLE_INDEX))

    def tensors(self) -> TensorFiles | PickledTensors:
        """Open the weights.

        Raises:
            ValueError: there are none, or they are damaged, or not in the safetensors format.
        """
        if self.has(WEIGHTS):
            return TensorFiles([self.file(WEIGHTS)])
        if self.has(INDEX):
            tensors = TensorFiles(self._shards(INDEX))
            self._check_index(tensors.files, INDEX)
            return tensors
        for name in (PICKLE, PICKLE_INDEX):
            if self.has(name):
                return self._pickled(name)
        raise ValueError(f"{self.path} holds no weights: neither {WEIGHTS} nor {INDEX}.")

    def _pickled(self, name: str) -> PickledTensors:
        if not self._allow_pickle:
            raise ValueError(
                f"{self.path} holds its weights in {name}, a pickle, which can run code when it is "
                "opened. Pass allow_pickle=True to have PyTorch read it without running any, or "
                "convert it with transformers: "
                "AutoModel.from_pretrained(folder).save_pretrained(new_folder)."
            )
        if name == PICKLE:
            return PickledTensors([self.file(name)])
        tensors = PickledTensors(self._shards(name))
        self._check_index(tensors.files, name)
        return tensors

    def _check_index(self, found: Mapping[str, str], name: str) -> None:
        """Make sure that the files hold the tensors, by name, that their index says."""
        stated = self.json(name)["weight_map"]
        lacking = [f"{tensor} ({file})" for tensor, file in stated.items() if tensor not in found]
        other = [tensor for tensor, file in found.items() if stated.get(tensor) != file]
        if lacking or other:
            raise ValueError(
                f"{self.path / name} does not fit the files. Tensors it names that are missing: "
                f"{', '.join(lacking) or 'none'}. Tensors that are elsewhere or not in it: "
                f"{', '.join(other) or 'none'}."
            )

    def _shards(self, index: str) -> list[Path]:
        """The files that an index names."""
        return [self.file(name) for name in shard_names(self.json(index), self.path / index)]

    def file(self, name: str) -> Path:
        """The path of a file, compared with the manifest if there is one.

        Raises:
            ValueError: there is no such file, or it differs.
        """
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
        found: dict[str, Any] = {"size": path.stat().st_size}
        if hashed:
            found["sha256"] = sha256(path)
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
    earlier = read_object(path / MANIFEST) if (path / MANIFEST).exists() else {}
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
    for name in earlier.get("files", {}).keys() - {*names}:
        (path / plain_name(name, path / MANIFEST)).unlink(missing_ok=True)


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


def shard_names(index: Mapping[str, Any], source: Path) -> list[str]:
    """The files that an index of weights names.

    Raises:
        ValueError: it names none, or one that is not in its folder.
    """
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict):
        raise ValueError(f"{source} has no weight_map.")
    return sorted({plain_name(name, source) for name in weight_map.values()})


def plain_name(name: Any, source: Path | str) -> str:
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
    return {"sha256": sha256(path), "size": path.stat().st_size}
