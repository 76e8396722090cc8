"""The protobuf wire format: reading and writing messages without generated classes."""

import struct
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple


class Field(NamedTuple):
    """A field of a message.

    Attributes:
        number: int.
        value: int for a varint, otherwise bytes.
        start: int. The start of the field in the message.
        end: int. Its end.
    """

    number: int
    value: Any
    start: int
    end: int


_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {_FIXED64: 8, _FIXED32: 4}


def read_fields(message: bytes) -> Iterator[Field]:
    """Read the fields of a message.

    Raises:
        ValueError: the bytes are not a message.
    """
    at = 0
    while at < len(message):
        start = at
        key, at = _read_varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _read_varint(message, at)
            yield Field(key >> 3, value, start, at)
            continue
        if kind == _BYTES:
            size, at = _read_varint(message, at)
        elif kind in _FIXED_SIZES:
            size = _FIXED_SIZES[kind]
        else:
            raise ValueError(f"not a protobuf message: a field has the unknown type {kind}.")
        if at + size > len(message):
            raise ValueError("not a protobuf message: it ends within a field.")
        at += size
        yield Field(key >> 3, message[at - size : at], start, at)


def write_fields(fields: Iterable[tuple[int, int | float | bytes | str]]) -> bytes:
    """Write a message: int and bool as varint, float as 32 bits, str as UTF-8."""
    return b"".join(_write_field(number, value) for number, value in fields)


def read_float(value: Any) -> float:
    """Read a float from a field of 32 bits.

    Raises:
        ValueError: the field is another kind.
    """
    if isinstance(value, int) or len(value) != 4:
        raise ValueError("not such a protobuf message: a float is not 32 bits long.")
    number: float = struct.unpack("<f", value)[0]
    return number


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError("not a protobuf message: it ends within a number.")


def _write_field(number: int, value: int | float | bytes | str) -> bytes:
    if isinstance(value, int):
        return _write_varint(number << 3 | _VARINT) + _write_varint(value)
    if isinstance(value, float):
        return _write_varint(number << 3 | _FIXED32) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return _write_varint(number << 3 | _BYTES) + _write_varint(len(data)) + data


def _write_varint(value: int) -> bytes:
    value %= 1 << 64  # Negative numbers are written as two's complement.
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)
