"""Limits on how much a tokenizer's replacements can lengthen a text."""

import base64
import binascii
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from nlpkit.tokenizers.hugging_face_json.part import Part, in_sequence

_MOST, _MOST_STEPS = 64, 64
_LONGEST_STRING = 256
_LEAF, _LABELS = 1 << 31, 255


def check_growth(what: str, lengths: Iterable[tuple[int, int]]) -> None:
    """Check that replacements applied in sequence do not lengthen a text too much.

    Args:
        what: str. Their name, for the error's message.
        lengths: pairs of int. The numbers of characters before and after each replacement.

    Raises:
        ValueError: they could make it more than 64 times as long, or there are more than 64.
    """
    ratios = [max(1.0, new / max(old, 1)) for old, new in lengths]
    if len(ratios) > _MOST_STEPS or math.prod(ratios) > _MOST:
        raise ValueError(
            f"{what} may make a text {math.prod(ratios):g} times as long in {len(ratios)} steps; "
            f"at most {_MOST} times and {_MOST_STEPS} steps are allowed."
        )


def check_growth_of_file(content: Part) -> None:
    """Check the normalizer and the decoder of a tokenizer.json."""
    for name, key in (("normalizer", "normalizers"), ("decoder", "decoders")):
        steps = in_sequence(content.get(name), key)
        check_growth(f"tokenizer.json: {name}", [_lengths(step) for step in steps])
        for step in steps:
            if step.get("precompiled_charsmap"):
                _check_encoded(step["precompiled_charsmap"])


def check_charsmap(data: bytes) -> None:
    """Check that a compiled normalization has no offsets outside itself.

    It is the length of a double-array trie (Yata's Darts-clone) in 4 bytes, the trie, and the
    replacement strings, each ended by a zero. The libraries that run it do not check offsets.

    Raises:
        ValueError: an offset is out of bounds, or a string has more than 256 bytes.
    """
    if not data:
        return
    size = int.from_bytes(data[:4], "little")
    strings = data[4 + size :]
    if size % 4 or not 0 < size < len(data) - 4 or not strings.endswith(b"\0"):
        raise ValueError("The compiled normalization of a tokenizer is damaged.")
    units = np.frombuffer(data, "<u4", size // 4, 4)
    is_leaf = units >= _LEAF
    offsets = (units >> 10) << ((units & (1 << 9)) >> 6)
    children = (np.arange(len(units), dtype="u4") ^ offsets) | _LABELS
    leads_out = (children >= len(units)) & ~is_leaf
    if leads_out.any() or (units[is_leaf] - _LEAF >= len(strings)).any():
        raise ValueError("The compiled normalization of a tokenizer has an offset out of bounds.")
    if max(map(len, strings.split(b"\0"))) > _LONGEST_STRING:
        raise ValueError(
            "The compiled normalization of a tokenizer replaces characters by more than "
            f"{_LONGEST_STRING} bytes."
        )


def _check_encoded(charsmap: Any) -> None:
    try:
        data = base64.b64decode(charsmap, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ValueError(
            f"tokenizer.json: precompiled_charsmap is not valid base64: {error}."
        ) from None
    check_charsmap(data)


def _lengths(step: Part) -> tuple[int, int]:
    """The minimum number of characters that a step replaces, and the number it inserts."""
    if step.get("type") == "Prepend":
        return 1, 1 + len(step["prepend"])
    if step.get("type") != "Replace":
        return 1, 1
    pattern: Mapping[str, Any] = step["pattern"]
    return len(pattern.get("String", " ")), len(step["content"])
