"""Safetensors headers, validated before any memory is allocated.

Layout: 8 bytes, the header's length N (little-endian); N bytes of JSON, for each tensor its dtype,
shape and place in the data; the data (https://github.com/huggingface/safetensors). The package
checks most of this, too; here the header is also bounded and free of repeated names, and says where
tensors are, so that they can be mapped.
"""

import math
from dataclasses import dataclass

import ml_dtypes
import numpy as np

from nlpkit.presets.folders.opened_file import OpenedFile
from nlpkit.presets.formats.safe_json import parse_json

_DTYPES = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}
_LONGEST = 8 << 20
_RANK = 8
_KEYS = {"dtype", "shape", "data_offsets"}


@dataclass(frozen=True)
class Place:
    """Where a tensor is in a file: its bytes from `begin` to `end`, and what they are."""

    dtype: np.dtype
    shape: tuple[int, ...]
    begin: int
    end: int


def read_header(file: OpenedFile) -> dict[str, Place]:
    """Read and validate the header; return the places of the tensors by name.

    Raises:
        ValueError: a length, shape or place does not fit the file, a tensor occurs twice, or
            bytes belong to two tensors or none; the message says what.
    """
    size = file.size
    length = int.from_bytes(file.read(0, 8), "little")
    if size < 8 or length > size - 8:
        raise ValueError("header longer than the file")
    if length > _LONGEST:
        raise ValueError(f"header of {length} bytes, {_LONGEST} at most")
    header = parse_json(file.read(8, length), "its header")
    if not isinstance(header, dict):
        raise ValueError("header is not a JSON object")
    start = end = 8 + length
    places = {
        name: _place(name, entry, start) for name, entry in header.items() if name != "__metadata__"
    }
    for name, place in sorted(places.items(), key=lambda item: (item[1].begin, item[1].end)):
        if place.begin != end:
            at, expected = place.begin - start, end - start
            raise ValueError(
                f"header: {name!r:.100} starts at byte {at} of the data, not {expected}"
            )
        end = place.end
    if end != size:
        raise ValueError(f"header: its tensors have {end - start} bytes, the file {size - start}")
    return places


def _place(name: str, entry: object, start: int) -> Place:
    """Where a tensor is by its header entry; the data start at byte `start` of the file."""
    if not isinstance(entry, dict) or entry.keys() != _KEYS:
        raise ValueError(f"header: {name!r:.100} is not described by {sorted(_KEYS)}")
    dtype, shape, place = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise ValueError(f"{name} has dtype {dtype!s:.100}, supported are {', '.join(_DTYPES)}")
    if not _are_counts(shape) or len(shape) > _RANK:
        raise ValueError(f"header: {name!r:.100} has the shape {shape!r:.100}")
    if not _are_counts(place) or len(place) != 2:
        raise ValueError(f"header: {name!r:.100} has the place {place!r:.100}")
    begin, end = place
    needed = math.prod(shape) * _DTYPES[dtype].itemsize
    if end - begin != needed:
        raise ValueError(f"header: {name!r:.100} has {end - begin} bytes, its shape needs {needed}")
    return Place(_DTYPES[dtype], tuple(shape), start + begin, start + end)


def _are_counts(values: object) -> bool:
    return isinstance(values, list) and all(
        type(value) is int and 0 <= value < 2**48 for value in values
    )
