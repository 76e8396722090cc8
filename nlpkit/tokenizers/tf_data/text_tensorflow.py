"""Splitting and mapping text with TensorFlow operations only."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nlpkit._compat import require
from nlpkit._types import TensorFlowTensor

tf: Any = require("tensorflow", "pure_graph=True")
tf_text: Any = require("tensorflow_text", "pure_graph=True")

# What stands for the character 0, at which `regex_split` ends: half a surrogate pair, which is a
# character to RE2, and in no valid text.
NUL = b"\xed\xa0\x80"


def every_character() -> Iterator[str]:
    """All characters of Unicode, without surrogates."""
    return (chr(i) for i in range(0x110000) if not 0xD800 <= i < 0xE000)


def hide_nul(texts: TensorFlowTensor) -> Any:
    """Replace the character 0, which ends a text for `regex_split`."""
    return tf.strings.regex_replace(texts, r"\x{0}", NUL)


def show_nul(texts: TensorFlowTensor) -> Any:
    """Undo `hide_nul`."""
    return tf.strings.regex_replace(texts, NUL, "\0")


def map_characters(texts: TensorFlowTensor, table: Mapping[str, str]) -> Any:
    """Replace characters.

    Args:
        texts: string tensor `[n]`.
        table: dict of a character to its replacement.
    """
    if not table:
        return texts
    # A search among constants: a hash table would be a resource, which a SavedModel must track.
    ordered = sorted(table)
    points = tf.constant([ord(character) for character in ordered])
    results = tf.constant([table[character] for character in ordered])
    characters = tf.strings.unicode_split(texts, "UTF-8")
    found = tf.strings.unicode_decode(texts, "UTF-8").flat_values
    places = tf.minimum(tf.searchsorted(points, found), len(ordered) - 1)
    is_mapped = tf.gather(points, places) == found
    kept = tf.where(is_mapped, tf.gather(results, places), characters.flat_values)
    return tf.strings.reduce_join(characters.with_flat_values(kept), axis=-1)


def quoted(text: str) -> str:
    """Escape a text for RE2."""
    return "".join(f"\\x{{{ord(character):x}}}" for character in text)


def character_ranges(characters: Iterable[str]) -> str:
    """Format characters as RE2 ranges."""
    ranges: list[list[int]] = []
    for point in sorted(map(ord, characters)):
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "".join(f"\\x{{{first:x}}}-\\x{{{last:x}}}" for first, last in ranges)
