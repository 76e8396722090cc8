"""Safetensors files: one, or several with an index."""

import json
import mmap
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from nlpkit.presets.folders.opened_file import OpenedFile
from nlpkit.presets.formats.safetensors_header import Place, read_header
from nlpkit.presets.mapping.transposing import contiguous
from nlpkit.presets.mapping.weight_table import Shape

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


class TensorFiles:
    """The tensors of one or several safetensors files.

    Args:
        files: list of paths, or of `OpenedFile`.
        mapped: bool. Whether a variable may have the file as its memory.
        prefixes: list of str. What the names of each file's tensors start with here; None for
            nothing.

    Attributes:
        shapes: dict. The tensors' shapes, by name.
        mapped: bool.

    Raises:
        ValueError: a file is not an intact safetensors file, or two files hold the same tensor.
    """

    def __init__(
        self,
        files: Sequence[Path | OpenedFile],
        mapped: bool = False,
        prefixes: Sequence[str] | None = None,
    ) -> None:
        self.mapped = mapped
        self._files: dict[str, OpenedFile] = {}
        self._places: dict[str, Place] = {}
        self._maps: dict[OpenedFile, mmap.mmap] = {}
        self._reading: threading.Thread | None = None
        self._passing: tuple[mmap.mmap, int, int] | None = None
        for given, prefix in zip(files, prefixes or [""] * len(files), strict=True):
            file = _open(given) if isinstance(given, Path) else given
            for own, place in _read_header(file).items():
                name = prefix + own
                if name in self._files:
                    first = self._files[name].path
                    raise ValueError(f"{first} and {file.path} both hold the tensor {name}.")
                self._files[name], self._places[name] = file, place
        self.shapes: dict[str, Shape] = {name: of.shape for name, of in self._places.items()}

    @property
    def files(self) -> dict[str, str]:
        """The file of each tensor, by name."""
        return {name: file.path.name for name, file in self._files.items()}

    def read(self, name: str) -> np.ndarray:
        """Read one tensor into memory of its own."""
        place = self._places[name]
        array = np.empty(place.shape, place.dtype)
        # Not mapped: pages of a mapped file would count as this process' memory.
        self._files[name].read_into(array.reshape(-1).view("uint8").data, place.begin)
        return array

    def view(self, name: str, *, keep: bool = True) -> np.ndarray:
        """Map one tensor into memory, copy-on-write.

        If it cannot be mapped, it is read as by `read`.

        Args:
            name: str.
            keep: bool. False lets its memory go at the next call.
        """
        self._let_go()
        place = self._places[name]
        if place.begin % place.dtype.itemsize or place.begin == place.end:
            return self.read(name)
        memory = self._map(self._files[name])
        self._passing = None if keep else (memory, place.begin, place.end)
        count = (place.end - place.begin) // place.dtype.itemsize
        return np.frombuffer(memory, place.dtype, count, place.begin).reshape(place.shape)

    def read_ahead(self, dtype: str) -> None:
        """Start reading the files with tensors of a dtype into memory."""
        files = {file for name, file in self._files.items() if self.has_dtype(name, dtype)}
        if not self.mapped:
            for file in files:
                file.read_ahead()
            return
        pages = [np.frombuffer(self._map(file), "u1")[:: mmap.PAGESIZE] for file in files]
        self._reading = threading.Thread(target=lambda: [page.max() for page in pages], daemon=True)
        self._reading.start()

    def finish_reading(self) -> None:
        """Wait until `read_ahead` has finished."""
        self._let_go()
        if self._reading:
            self._reading.join()

    def has_dtype(self, name: str, dtype: str) -> bool:
        """Whether a tensor is stored in this dtype."""
        return self._places[name].dtype == np.dtype(dtype)

    def _let_go(self) -> None:
        """Release the pages of a tensor from this process' memory; they remain in the file."""
        if self._passing is None:
            return
        memory, begin, end = self._passing
        begin += -begin % mmap.PAGESIZE
        end -= end % mmap.PAGESIZE
        if end > begin:
            memory.madvise(mmap.MADV_DONTNEED, begin, end - begin)
        self._passing = None

    def _map(self, file: OpenedFile) -> mmap.mmap:
        if file not in self._maps:
            self._maps[file] = file.map()
        return self._maps[file]


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray], dtype: str | None = None) -> None:
    """Write a safetensors file that transformers opens too.

    Args:
        path: the file.
        tensors: the arrays, by name.
        dtype: str. The dtype to store floating-point tensors in; None keeps theirs.

    Raises:
        ValueError: a value is finite but not so in `dtype`.
    """
    stored = {name: _cast(name, tensor, dtype) for name, tensor in tensors.items()}
    save_file(stored, path, metadata={"format": "pt"})
    path.chmod(0o644)  # It is written for its owner alone, which an installed preset must not be.


def write_weights(
    folder: Path,
    tensors: Mapping[str, np.ndarray],
    dtype: str | None = None,
    max_shard_size: int | str = "5GB",
) -> list[str]:
    """Write a folder's weights: one safetensors file, or several with an index.

    Args:
        folder: where they go.
        tensors: the arrays, by name.
        dtype: str. The dtype to store floating-point tensors in; None keeps theirs.
        max_shard_size: int or str. The maximum size of a file, such as "500MB". A larger tensor
            gets a file of its own. Default "5GB".

    Returns:
        The names of the files.

    Raises:
        ValueError: a value is finite but not so in `dtype`, or `max_shard_size` is no size.
    """
    split = _split(tensors, dtype, max_shard_size)
    for file, names in split.filename_to_tensors.items():
        write_tensors(folder / file, {name: tensors[name] for name in names}, dtype)
    if not split.is_sharded:
        return [WEIGHTS]
    index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
    (folder / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    return [*split.filename_to_tensors, INDEX]


def _split(tensors: Mapping[str, np.ndarray], dtype: str | None, size: int | str) -> Any:
    from huggingface_hub import split_state_dict_into_shards_factory

    try:
        return split_state_dict_into_shards_factory(
            dict(tensors),
            get_storage_size=lambda tensor: tensor.size * _stored_dtype(tensor, dtype).itemsize,
            filename_pattern="model{suffix}.safetensors",
            max_shard_size=size,
        )
    except ValueError as error:
        raise ValueError(
            f'max_shard_size must be a number of bytes, or such as "500MB"; got {size!r}: {error}'
        ) from None


def _stored_dtype(tensor: np.ndarray, dtype: str | None) -> np.dtype:
    return tensor.dtype if dtype is None or not _is_floating(tensor) else np.dtype(dtype)


def _cast(name: str, tensor: np.ndarray, dtype: str | None) -> np.ndarray:
    if dtype is None or not _is_floating(tensor):
        return contiguous(tensor)
    with np.errstate(over="ignore"):
        cast = contiguous(tensor, dtype)
    if np.isfinite(tensor).all() and not np.isfinite(cast).all():
        raise ValueError(
            f"The tensor {name} has values of up to {np.abs(tensor).max():.3g}, too large for "
            f"dtype={dtype!r}; store it with dtype='float32' or 'bfloat16'."
        )
    return cast


def _is_floating(tensor: np.ndarray) -> bool:
    return np.issubdtype(tensor.dtype, np.floating) or tensor.dtype == np.dtype("bfloat16")


def _open(path: Path) -> OpenedFile:
    try:
        return OpenedFile(path)
    except OSError as error:
        raise ValueError(f"{path} is not an intact safetensors file: {error}.") from error


def _read_header(file: OpenedFile) -> dict[str, Place]:
    try:
        return read_header(file)
    except (OSError, ValueError) as error:
        raise ValueError(f"{file.path} is not an intact safetensors file: {error}.") from error
