"""The header of a safetensors file, checked before anything is allocated for its tensors.

Layout: 8 bytes, the header's length N (little-endian); N bytes of JSON, for each tensor its dtype,
shape and place in the data; the data (https://github.com/huggingface/safetensors). The package
checks most of this, too; here the header is also bounded and free of repeated names.
"""

import math
from pathlib import Path
from typing import Any

from nlpkit.presets.safe_json import parse_json

BITS = {
    "F64": 64,
    "F32": 32,
    "F16": 16,
    "BF16": 16,
    "I64": 64,
    "I32": 32,
    "I16": 16,
    "I8": 8,
    "U8": 8,
    "BOOL": 8,
}
_LONGEST = 8 << 20
_RANK = 8
_KEYS = {"dtype", "shape", "data_offsets"}


def check_header(path: Path) -> None:
    """Make sure that a file's header describes the file.

    Raises:
        ValueError: a length, shape or place does not fit the file, a tensor is there twice, or
            bytes belong to two tensors or none; the message says what.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise ValueError("header longer than the file")
        if length > _LONGEST:
            raise ValueError(f"header of {length} bytes, {_LONGEST} at most")
        header = parse_json(file.read(length), "its header")
    if not isinstance(header, dict):
        raise ValueError("header is no JSON object")
    end = 0
    tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
    for name, begin, stop in sorted(
        (_place(name, entry) for name, entry in tensors.items()), key=lambda place: place[1:]
    ):
        if begin != end:
            raise ValueError(f"header: {name!r:.100} starts at byte {begin} of the data, not {end}")
        end = stop
    if end != size - 8 - length:
        raise ValueError(f"header: its tensors have {end} bytes, the file {size - 8 - length}")


def _place(name: str, entry: Any) -> tuple[str, int, int]:
    """A tensor's name and the bytes that its header entry gives it."""
    if not isinstance(entry, dict) or entry.keys() != _KEYS:
        raise ValueError(f"header: {name!r:.100} is not described by {sorted(_KEYS)}")
    dtype, shape, place = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise ValueError(f"{name} has dtype {dtype!s:.100}, supported are {', '.join(BITS)}")
    if not _are_counts(shape) or len(shape) > _RANK:
        raise ValueError(f"header: {name!r:.100} has the shape {shape!r:.100}")
    if not _are_counts(place) or len(place) != 2:
        raise ValueError(f"header: {name!r:.100} has the place {place!r:.100}")
    needed = math.prod(shape) * BITS[dtype] // 8
    if place[1] - place[0] != needed:
        raise ValueError(
            f"header: {name!r:.100} has {place[1] - place[0]} bytes, its shape needs {needed}"
        )
    return name, place[0], place[1]


def _are_counts(values: Any) -> bool:
    return isinstance(values, list) and all(
        type(value) is int and 0 <= value < 2**48 for value in values
    )
