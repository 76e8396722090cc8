"""MXFP4 (OCP Microscaling Formats, 2023): blocks of 32 four-bit floats with one exponent.

A dense tensor `[E, in, out]` is two in the file, of bytes: `…_blocks` `[E, out, in / 32, 16]`, each
byte two numbers, the low half the first one, and `…_scales` `[E, out, in / 32]`. A number is that
of its four bits times `2 ** (scale - 127)`.
"""

from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np

from nlpkit.presets.formats.tensor_reader import TensorReader
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.mapping.weight_table import Shape

_KEY, _METHOD = "quantization_config", "mxfp4"
_BLOCKS, _SCALES = "_blocks", "_scales"
_BYTES = 16
# One bit of sign, two of exponent, one of mantissa.
_POSITIVE = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6], "float32")
_NUMBERS = np.concatenate([_POSITIVE, -_POSITIVE])
# What each byte is, low half first, as one item of both numbers: looked up five times as fast.
_PAIRS = np.stack([np.tile(_NUMBERS, 16), np.repeat(_NUMBERS, 16)], axis=-1).view("uint64")[:, 0]
_POWERS = np.append(np.ldexp(np.float32(1), np.arange(255) - 127), np.float32("nan"))


def is_packed(config: Mapping[str, Any]) -> bool:
    """Whether a config.json says that weights are in MXFP4."""
    stated = config.get(_KEY)
    return isinstance(stated, dict) and stated.get("quant_method") == _METHOD


def check_method(reader: ConfigReader) -> None:
    """Check the quantization in a configuration.

    Raises:
        ValueError: it is another one, or has a setting that is not known.
    """
    if reader.has(_KEY):
        stated = ConfigReader(reader.get(_KEY, kind=dict), _KEY)
        stated.require("quant_method", [_METHOD])
        # The tensors' names say it.
        stated.ignore("modules_to_not_convert")
        stated.finish()


class UnpackedTensors:
    """The tensors of a checkpoint, with MXFP4 unpacked to bfloat16 without loss.

    A tensor is unpacked when it is read, expert by expert.

    Args:
        packed: `TensorReader`.

    Attributes:
        shapes: dict. The tensors' shapes, by name.

    Raises:
        ValueError: blocks and scales do not fit each other, or a tensor occurs twice.
    """

    def __init__(self, packed: TensorReader) -> None:
        self._packed = packed
        found = [name for name in packed.shapes if name.endswith(_BLOCKS)]
        self._dense = {
            name.removesuffix(_BLOCKS): _dense_shape(name, packed.shapes) for name in found
        }
        pairs = {name + suffix for name in self._dense for suffix in (_BLOCKS, _SCALES)}
        plain = {name: shape for name, shape in packed.shapes.items() if name not in pairs}
        if twice := plain.keys() & self._dense.keys():
            raise ValueError(f"The tensor {min(twice)} occurs twice, packed as MXFP4 and dense.")
        self.shapes: dict[str, Shape] = {**plain, **self._dense}

    def read(self, name: str) -> np.ndarray:
        """Read one tensor into memory of its own."""
        if name not in self._dense:
            return np.asarray(self._packed.read(name))
        blocks, scales = self._bytes(name + _BLOCKS), self._bytes(name + _SCALES)
        num_experts, width, units = self._dense[name]
        dense = np.empty((num_experts, units, width), ml_dtypes.bfloat16)
        for expert, (of_blocks, of_scales) in enumerate(zip(blocks, scales, strict=True)):
            dense[expert] = _unpack(of_blocks, of_scales)
        return dense.swapaxes(1, 2)

    def _bytes(self, name: str) -> np.ndarray:
        tensor = np.asarray(self._packed.read(name))
        if tensor.dtype != np.uint8:
            raise ValueError(f"{name} must be of bytes (U8), as MXFP4 is; it is of {tensor.dtype}.")
        return tensor


def _dense_shape(blocks: str, shapes: Mapping[str, Shape]) -> Shape:
    """The shape of a tensor, from those of its two."""
    scales = blocks.removesuffix(_BLOCKS) + _SCALES
    if scales not in shapes:
        raise ValueError(f"{blocks} is packed as MXFP4, but {scales} is missing.")
    shape = shapes[blocks]
    if len(shape) != 4 or shape[3] != _BYTES or shape[:3] != shapes[scales]:
        raise ValueError(
            f"{blocks} must have a shape [experts, units, blocks, {_BYTES}], and {scales} the same "
            f"without the last axis; got {shape} and {shapes[scales]}."
        )
    num_experts, units, num_blocks, _ = shape
    return num_experts, num_blocks * _BYTES * 2, units


def _unpack(blocks: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Float32 `[out, in]` from one expert's blocks `[out, in / 32, 16]` and scales."""
    numbers = _PAIRS[blocks].view("float32")  # out in/32 32
    with np.errstate(over="ignore"):
        numbers *= _POWERS[scales][..., None]
    return numbers.reshape(len(scales), -1)
