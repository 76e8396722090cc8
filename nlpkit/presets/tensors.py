"""Safetensors files: one, or several with an index; tensors are read one by one."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import ml_dtypes  # noqa: F401 (teaches NumPy the name bfloat16)
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from nlpkit.presets.safetensors_header import check_header
from nlpkit.presets.weights import Shape

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


class TensorFiles:
    """The tensors of one or several safetensors files.

    Args:
        files: paths of the files.

    Attributes:
        shapes: dict. The tensors' shapes, by name.

    Raises:
        ValueError: a file is no intact safetensors file, or two files hold the same tensor.
    """

    def __init__(self, files: list[Path]) -> None:
        self.shapes: dict[str, Shape] = {}
        self._files: dict[str, Path] = {}
        for path in files:
            _check(path)
            for name, shape in _checked(path, _shapes).items():
                if name in self.shapes:
                    raise ValueError(f"{self._files[name]} and {path} both hold the tensor {name}.")
                self.shapes[name], self._files[name] = shape, path

    def read(self, name: str) -> np.ndarray:
        """Read one tensor into memory of its own."""
        return _checked(self._files[name], lambda file: file.get_tensor(name))

    def check_index(self, weight_map: Mapping[str, str], source: str) -> None:
        """Make sure that the files hold what their index says.

        Raises:
            ValueError: they do not; the message lists the names on both sides.
        """
        found = {name: path.name for name, path in self._files.items()}
        lacking = [f"{name} ({file})" for name, file in weight_map.items() if name not in found]
        other = [name for name, file in found.items() if weight_map.get(name) != file]
        if lacking or other:
            raise ValueError(
                f"{source} does not fit the files. Tensors it names that are missing: "
                f"{', '.join(lacking) or 'none'}. Tensors that are elsewhere or not in it: "
                f"{', '.join(other) or 'none'}."
            )


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
        max_shard_size: int or str. The most bytes a file holds, as "500MB". A tensor that is larger
            has a file of its own. Default "5GB".

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
        return np.ascontiguousarray(tensor)
    with np.errstate(over="ignore"):
        cast = np.ascontiguousarray(tensor, dtype=dtype)
    if np.isfinite(tensor).all() and not np.isfinite(cast).all():
        raise ValueError(
            f"The tensor {name} has values of up to {np.abs(tensor).max():.3g}, too large for "
            f"dtype={dtype!r}; store it with dtype='float32' or 'bfloat16'."
        )
    return cast


def _is_floating(tensor: np.ndarray) -> bool:
    return np.issubdtype(tensor.dtype, np.floating) or tensor.dtype == np.dtype("bfloat16")


def _checked(path: Path, function: Callable[[Any], Any]) -> Any:
    # "pread" reads into buffers: pages of a mapped file would count as this process' memory.
    opened: AbstractContextManager[Any]
    try:
        with safe_open(path, framework="np", backend="pread") as opened:
            return function(opened)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is no intact safetensors file: {error}.") from error


def _shapes(file: Any) -> dict[str, Shape]:
    shapes = {}
    for name in file.keys():  # noqa: SIM118 (not a dict)
        shapes[name] = tuple(file.get_slice(name).get_shape())
    return shapes


def _check(path: Path) -> None:
    try:
        check_header(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is no intact safetensors file: {error}.") from error
