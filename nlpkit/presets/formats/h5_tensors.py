"""Tensors in Keras' HDF5 files, read without following references to other files.

HDF5 can point elsewhere: links to other files, data sets whose bytes or parts are in other files,
filters that load libraries. Nothing of this is followed; data sets are plain arrays, or gzipped.
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import ml_dtypes
import numpy as np

from nlpkit.presets.mapping.weight_table import Shape

_DEEPEST = 16
_OBJECTS = 100_000
# Gzip (1), and shuffle (2) and Fletcher's checksum (3), which may stand beside it.
_FILTERS = {1, 2, 3}
# How much larger than its file the content of compressed weights may be.
_EXPANSION = 8
_ALLOWANCE = 1 << 20


class H5Tensors:
    """The data sets of one or several HDF5 files.

    Args:
        files: dict of path to the prefix that its tensors get.
        spell: what to make of the path of a data set; by default it is the tensor's name.

    Attributes:
        shapes: dict. The tensors' shapes, by name.

    Raises:
        ValueError: a file is not HDF5, holds something other than plain numbers, points out of
            itself, or two of its tensors have the same name.
    """

    def __init__(
        self, files: dict[Path, str], spell: Callable[[str], str] = lambda path: path
    ) -> None:
        self.shapes: dict[str, Shape] = {}
        self._places: dict[str, tuple[Path, str]] = {}
        for path, prefix in files.items():
            for place, shape in _open(path, _shapes).items():
                name = prefix + spell(place)
                if name in self._places:
                    one = "".join(map(str, self._places[name]))
                    raise ValueError(f"{one} and {path}{place} are the same tensor, {name}.")
                self.shapes[name], self._places[name] = shape, (path, place)

    def read(self, name: str) -> np.ndarray:
        """Read one tensor into memory of its own."""
        path, place = self._places[name]
        return _open(path, lambda file: _numbers(file[place]))


def _open(path: Path, function: Callable[[Any], Any]) -> Any:
    try:
        with h5py.File(path, "r") as file:
            return function(file)
    except (OSError, RuntimeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not an intact HDF5 file: {error}.") from error


def _shapes(file: Any) -> dict[str, Shape]:
    """The shapes of all data sets, each of them checked."""
    path = Path(file.filename)
    shapes: dict[str, Shape] = {}
    total, size = 0, path.stat().st_size
    for place, dataset in _datasets(file, "", set()):
        problem = _problem(dataset)
        if problem:
            raise ValueError(f"{path}: {place} {problem}.")
        shapes[place] = tuple(dataset.shape)
        total += dataset.nbytes
        compressed = dataset.id.get_create_plist().get_nfilters()
        limit = size * _EXPANSION + _ALLOWANCE if compressed else size
        if total > limit:
            raise ValueError(f"{path}: its {size} bytes cannot hold {place} of {dataset.nbytes}.")
    return shapes


def _datasets(group: Any, prefix: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """The data sets of a group and of those in it, by path."""
    for name in group:
        place = f"{prefix}{name}"
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise TypeError(f"{place} is a {type(link).__name__}; links are not followed")
        found = group[name]
        address = h5py.h5o.get_info(found.id).addr
        if address in seen or len(seen) > _OBJECTS or place.count("/") > _DEEPEST:
            raise TypeError(f"{place} occurs twice, or one of too many, or too deep")
        seen.add(address)
        if isinstance(found, h5py.Dataset):
            yield place, found
        elif isinstance(found, h5py.Group):
            yield from _datasets(found, f"{place}/", seen)
        else:
            raise TypeError(f"{place} is a {type(found).__name__}")


def _problem(dataset: Any) -> str:
    """The reason to reject a data set, or an empty string, without reading its data."""
    properties = dataset.id.get_create_plist()
    if dataset.shape is None or (dataset.dtype.kind not in "fiub" and dataset.dtype != "V2"):
        return f"holds no numbers but {dataset.dtype}"
    if dataset.dtype.itemsize > 8 or dataset.dtype.subdtype:
        return f"has the dtype {dataset.dtype}"
    if properties.get_external_count() or dataset.is_virtual:
        return "has its data in another file"
    filters = {properties.get_filter(i)[0] for i in range(properties.get_nfilters())}
    if filters - _FILTERS:
        return f"needs the filters {sorted(filters - _FILTERS)}; only gzip is read"
    stored = dataset.id.get_storage_size()
    if (dataset.nbytes and not stored) or (not filters and stored < dataset.nbytes):
        return f"has the shape {dataset.shape}, but only {stored} bytes"
    if dataset.chunks and math.prod(dataset.chunks) > max(dataset.size, 1 << 20):
        return f"has chunks of {dataset.chunks}, larger than itself"
    return ""


def _numbers(dataset: Any) -> np.ndarray:
    values = np.asarray(dataset[()])
    # Keras writes bfloat16, which HDF5 has not, as two opaque bytes.
    return values.view(ml_dtypes.bfloat16) if values.dtype == "V2" else values
