"""A preset's folder, opened for reading with every file checked.

nlpkit's own layout is a Hugging Face folder plus `nlpkit.json`, the manifest: format version, the
class and its constructor arguments, and SHA-256 and size of every file. While a preset is being
saved the manifest also says in which folder the files still are, see `publishing`.
"""

import contextlib
import hashlib
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nlpkit.presets.folders.file_names import plain_name
from nlpkit.presets.folders.folder_check import check_folder, is_blob
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.folders.hash_cache import FileState
from nlpkit.presets.folders.manifest import MANIFEST, MOST_FILES, STAGED, check_manifest, place_of
from nlpkit.presets.folders.opened_file import OpenedFile
from nlpkit.presets.formats.pickled_torch import PICKLE, PICKLE_INDEX, PickledTensors
from nlpkit.presets.formats.safe_json import LARGE
from nlpkit.presets.formats.safetensors_file import INDEX, WEIGHTS, TensorFiles
from nlpkit.presets.sources.source import FileFacts

CONFIG = "config.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
# A KerasHub folder with a tokenizer alone has this one.
_DESCRIPTIONS = (CONFIG, "tokenizer.json")
_WEIGHTS = (".safetensors", ".h5", ".bin")


class PresetFolder(FolderFiles):
    """A preset's folder, opened for reading.

    With a manifest, or a list of files, only the listed files are there. They are opened at once,
    so that a preset that is saved in this one's place changes nothing for who reads this one;
    sizes of all, and hashes of all but the weights, are compared with what is stated. The weights'
    hashes are when they are asked for, and are remembered until the file changes. What is read of
    a file is what was compared.

    Args:
        path: the folder.
        weights: bool. Whether weights must be there, too, which a tokenizer can do without.
        allow_pickle: bool. Whether weights may be read from pytorch_model.bin, by PyTorch's
            restricted unpickler, if there are no others.
        listed: dict of `FileFacts` by name. The files that may be read if there is no manifest, and
            what they are; weights are compared by their size. None for whatever is there.
        mmap: bool. Whether weights may be mapped into memory. Those of the Hugging Face cache are
            in any case, as nobody writes to them.

    Attributes:
        manifest: dict. The parsed nlpkit.json, or None.

    Raises:
        ValueError: the folder is not a preset, a link leads out of it, or a file is missing or
            differs from the manifest.
    """

    def __init__(
        self,
        path: Path,
        weights: bool = True,
        allow_pickle: bool = False,
        listed: Mapping[str, FileFacts] | None = None,
        mmap: bool = False,
    ) -> None:
        super().__init__(path)
        self.manifest: dict[str, Any] | None = None
        self._allow_pickle = allow_pickle
        self._listed = listed
        self._mmap = mmap
        self._opened: dict[str, OpenedFile] = {}
        self._contents: dict[str, bytes] = {}
        self._by_path: set[str] = set()
        self._copy: str | None = None
        while True:
            before = _version(path / MANIFEST)
            try:
                self._open(weights)
                return
            except (OSError, ValueError):
                # A preset was saved in this one's place meanwhile: that one is read.
                if _version(path / MANIFEST) == before:
                    raise

    def __fspath__(self) -> str:
        """The folder for who reads by paths; once it has changed, one of what was compared."""
        current = (self._opened[name].is_at(self.path / name) for name in self._contents)
        if not self._is_listed() or all(current):
            return str(self.path)
        if self._copy is None:
            self._copy = tempfile.mkdtemp(prefix="nlpkit-")
            weakref.finalize(self, shutil.rmtree, self._copy, ignore_errors=True)
            for name in [name for name in self._contents if "/" not in name]:
                (Path(self._copy) / name).write_bytes(self._contents[name])
        return self._copy

    def has(self, name: str) -> bool:
        return name in self._opened if self._is_listed() else (self.path / name).is_file()

    def read(self, name: str, limit: int = LARGE) -> bytes:
        content = self._contents.get(name)
        self._check_size(name, self._file(name).size if content is None else len(content), limit)
        if content is None:
            content = self._contents[name] = self._file(name).content()
            self._compare(name, hashlib.sha256(content).hexdigest())
        return content

    def has_weights(self) -> bool:
        """Whether the folder has weights, including pickled ones."""
        return any(self.has(name) for name in (WEIGHTS, INDEX, PICKLE, PICKLE_INDEX))

    def tensors(self, modules: Mapping[str, str] = MappingProxyType({})) -> Any:
        """Open the weights.

        Args:
            modules: further files in subfolders, each with what the names of its tensors start
                with. Pickled weights have none.

        Returns:
            `TensorFiles` or `PickledTensors`.

        Raises:
            ValueError: there are none, or they are damaged, or not in the safetensors format.
        """
        if self.has(WEIGHTS):
            return self._tensor_files([WEIGHTS], modules)
        if self.has(INDEX):
            tensors = self._tensor_files(self._shards(INDEX), modules)
            own = {n: f for n, f in tensors.files.items() if not n.startswith((*modules.values(),))}
            self._check_index(own, INDEX)
            return tensors
        for name in (PICKLE, PICKLE_INDEX):
            if self.has(name):
                return self._pickled(name)
        for name in (WEIGHTS, INDEX):
            self._refuse_unlisted(name)
        raise ValueError(f"{self.path} holds no weights: neither {WEIGHTS} nor {INDEX}.")

    def file(self, name: str) -> Path:
        """Return the path of a file, after comparing it with the manifest.

        Raises:
            ValueError: there is no such file, or it differs.
        """
        self._by_path.add(name)
        return self._whole(name).path

    def check_unchanged(self) -> None:
        """Check that the files have not changed since they were opened.

        Raises:
            ValueError: somebody has written to one.
        """
        for name, file in self._opened.items():
            file.check_unchanged(by_path=name in self._by_path)

    def _tensor_files(self, names: list[str], modules: Mapping[str, str]) -> TensorFiles:
        files = [self._whole(name) for name in (*names, *modules)]
        mapped = self._mmap or all(is_blob(file.path) for file in files)
        return TensorFiles(files, mapped, [*[""] * len(names), *modules.values()])

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
        tensors = PickledTensors([self.file(shard) for shard in self._shards(name)])
        self._check_index(tensors.files, name)
        return tensors

    def _check_index(self, found: Mapping[str, str], name: str) -> None:
        """Check that the files contain the tensors that their index lists."""
        stated = self.json(name)["weight_map"]
        lacking = [f"{tensor} ({file})" for tensor, file in stated.items() if tensor not in found]
        other = [tensor for tensor, file in found.items() if stated.get(tensor) != file]
        if lacking or other:
            raise ValueError(
                f"{self.path / name} does not fit the files. Tensors it names that are missing: "
                f"{', '.join(lacking) or 'none'}. Tensors that are elsewhere or not in it: "
                f"{', '.join(other) or 'none'}."
            )

    def _shards(self, index: str) -> list[str]:
        """The files that an index names."""
        return shard_names(self.json(index), self.path / index)

    def _open(self, weights: bool) -> None:
        """Open and check the listed files, or any if nothing lists them."""
        self._opened, self._contents, self._by_path, self.manifest = {}, {}, set(), None
        check_folder(self.path)
        if (self._listed is None or MANIFEST in self._listed) and (self.path / MANIFEST).is_file():
            self._opened[MANIFEST] = OpenedFile(self.path / MANIFEST)
            self._compare(MANIFEST, self._hash(MANIFEST))
            self.manifest = check_manifest(self.json(MANIFEST), self.path / MANIFEST)
            if staged := self.manifest.get(STAGED):
                with contextlib.suppress(FileNotFoundError):
                    check_folder(self.path / staged["folder"])
        names = (self.manifest or {}).get("files", self._listed or {})
        for name in names:
            is_weights = name.endswith(_WEIGHTS)
            is_needed = self.manifest is not None and (weights or not is_weights)
            if is_needed or place_of(name, self.path, self.manifest).is_file():
                self._opened[name] = self._open_file(name)
                self._compare(name, None if is_weights else self._hash(name))
        if self.manifest is None and not any(self.has(name) for name in _DESCRIPTIONS):
            raise ValueError(
                f"{self.path} is not a preset folder: it has neither {MANIFEST} nor {CONFIG}."
            )

    def _hash(self, name: str) -> str:
        """The hash of a file, which is kept if it is small."""
        kept = sum(map(len, self._contents.values()))
        file = self._opened[name]
        if file.size + kept > LARGE:
            return file.sha256()
        self._contents[name] = file.content()
        return hashlib.sha256(self._contents[name]).hexdigest()

    def _is_listed(self) -> bool:
        return self.manifest is not None or self._listed is not None

    def _file(self, name: str) -> OpenedFile:
        """A file, opened."""
        if name not in self._opened:
            self._refuse_unlisted(name)
            self._opened[name] = self._open_file(name)
        return self._opened[name]

    def _whole(self, name: str) -> OpenedFile:
        """A file, opened and compared with the hash that the manifest states of it."""
        file = self._file(name)
        if self.manifest is not None:
            self._compare(name, file.sha256())
        return file

    def _open_file(self, name: str) -> OpenedFile:
        # What is being saved may move to its name at any time.
        for place in (place_of(name, self.path, self.manifest), self.path / name):
            with contextlib.suppress(FileNotFoundError):
                if place.is_file():
                    return OpenedFile(place)
        listed = f", which {MANIFEST} lists" if self.manifest is not None else ""
        raise ValueError(f"{self.path} lacks the file {name}{listed}.")

    def _refuse_unlisted(self, name: str) -> None:
        if self._is_listed() and name not in self._opened and (self.path / name).is_file():
            lister = MANIFEST if self.manifest is not None else "what was pinned or downloaded"
            raise ValueError(
                f"{self.path / name} is not listed in {lister}; the folder was changed."
            )

    def _compare(self, name: str, sha256: str | None) -> None:
        """Compare a file's size, and its hash if it is given, with what is stated of them."""
        found = {"size": self._opened[name].size, "sha256": sha256}
        manifest = (self.manifest or {}).get("files", {}).get(name, {})
        for stated, source in (
            (manifest, MANIFEST),
            (vars((self._listed or {}).get(name, FileFacts())), "the lock or the download"),
        ):
            for what, value in found.items():
                if None not in (value, stated.get(what)) and stated[what] != value:
                    raise ValueError(
                        f"{self.path / name} is damaged or was changed: its {what} is {value}, "
                        f"{source} says {stated[what]}."
                    )


def shard_names(index: Mapping[str, Any], source: Path) -> list[str]:
    """The files that an index of weights names.

    Raises:
        ValueError: it names none, or one that is not in its folder.
    """
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict):
        raise ValueError(f"{source} has no weight_map.")
    if len({str(name) for name in weight_map.values()}) > MOST_FILES:
        raise ValueError(f"{source} names more than {MOST_FILES} files.")
    return sorted({plain_name(name, source) for name in weight_map.values()})


def _version(path: Path) -> FileState | None:
    """The version of a file, which differs after replacement; None if there is no file."""
    try:
        return FileState.of(path)
    except OSError:
        return None
