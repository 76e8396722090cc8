"""Pickled PyTorch checkpoints, read by PyTorch's restricted unpickler, which runs no code."""

import zipfile
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from nlpkit._compat import require
from nlpkit.presets.mapping.weight_table import Shape

PICKLE = "pytorch_model.bin"
PICKLE_INDEX = "pytorch_model.bin.index.json"
# Before 2.6 the restricted unpickler could be made to run code (CVE-2025-32434).
_FIRST_SAFE = (2, 6)
# How many times the numbers of a file may be in tensors.
_SHARED = 2


class PickledTensors:
    """The tensors of one or several pickled checkpoints, all in memory.

    Args:
        files: paths of the files.

    Attributes:
        shapes: dict. The tensors' shapes, by name.

    Raises:
        ImportError: PyTorch is not installed.
        ValueError: PyTorch is too old to read pickles safely; a file is damaged, holds something
            else than tensors, or needs code to be run; two files hold the same tensor.
    """

    def __init__(self, files: list[Path]) -> None:
        self.shapes: dict[str, Shape] = {}
        self._tensors: dict[str, Any] = {}
        self._files: dict[str, Path] = {}
        for path in files:
            for name, tensor in _load(path).items():
                if name in self._files:
                    raise ValueError(f"{self._files[name]} and {path} both hold the tensor {name}.")
                self._files[name], self._tensors[name] = path, tensor
                self.shapes[name] = tuple(tensor.shape)

    @property
    def files(self) -> dict[str, str]:
        """The file of each tensor, by name."""
        return {name: path.name for name, path in self._files.items()}

    def read(self, name: str) -> np.ndarray:
        """One tensor as an array."""
        import torch

        tensor = self._tensors[name].detach()
        if tensor.dtype == torch.bfloat16:
            return tensor.contiguous().view(torch.int16).numpy().view(ml_dtypes.bfloat16)
        return tensor.numpy()


def _load(path: Path) -> dict[str, Any]:
    torch = require("torch", f"Reading {path.name}, a pickle,")
    version = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
    if version < _FIRST_SAFE:
        raise ValueError(
            f"{path} is a pickle, which PyTorch {torch.__version__} cannot read safely; install "
            "PyTorch 2.6 or newer."
        )
    _check_archive(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # The unpickler raises whatever a damaged pickle leads to.
        raise ValueError(f"{path} cannot be read without running code: {error}") from error
    if not isinstance(content, dict) or not all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) and _is_plain(tensor)
        for name, tensor in content.items()
    ):
        raise ValueError(f"{path} holds something other than plain tensors by name.")
    _check_sizes(content, path)
    return content


def _is_plain(tensor: Any) -> bool:
    """Whether a tensor is dense, on the CPU, and of a dtype that NumPy has."""
    import torch

    is_dense = tensor.layout == torch.strided and not tensor.is_quantized and not tensor.is_nested
    names = ("bfloat16", "float16", "float32", "float64", "int8", "int16", "int32", "int64")
    return bool(
        is_dense
        and tensor.device.type == "cpu"
        and tensor.dtype in {torch.bool, torch.uint8, *(getattr(torch, name) for name in names)}
    )


def _check_sizes(tensors: dict[str, Any], path: Path) -> None:
    """Check that tensors have enough storage: strides could repeat a few numbers without limit."""
    total, storages = 0, {}
    for name, tensor in tensors.items():
        storage = tensor.untyped_storage()
        size = tensor.numel() * tensor.element_size()
        storages[storage.data_ptr()] = storage.nbytes()
        total += size
        if size > storage.nbytes():
            raise ValueError(
                f"{path}: {name} has the shape {tuple(tensor.shape)}, but {storage.nbytes()} bytes."
            )
    # A table and a head may be tied.
    if total > _SHARED * sum(storages.values()):
        raise ValueError(f"{path}: its tensors are {total} bytes of {sum(storages.values())}.")


def _check_archive(path: Path) -> None:
    """Check that an archive does not expand when it is unpacked; older files are not archives."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise ValueError(f"{path} is a damaged archive: {error}.") from error
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ValueError(f"{path} is a compressed archive, which PyTorch never writes.")
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise ValueError(f"{path} is an archive whose members overlap.")
