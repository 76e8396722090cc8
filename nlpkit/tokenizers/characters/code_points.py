"""Vocabularies of code points."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from nlpkit.tokenizers.base.vocabulary import Vocabulary

UNICODE_SIZE = 0x110000


class CodePointVocabulary(Vocabulary):
    """The first code points of Unicode, without storing them.

    Args:
        size: int. The number of code points.

    Raises:
        ValueError: `size` is not from 1 to 1,114,112.
    """

    def __init__(self, size: int) -> None:
        if not 1 <= size <= UNICODE_SIZE:
            raise ValueError(f"vocabulary_size must be from 1 to {UNICODE_SIZE}; got {size}.")
        self.tokens = _Characters(size)  # type: ignore[assignment]
        self.ids = _CodePoints(size)  # type: ignore[assignment]


class _Characters(Sequence[str | None]):
    """Characters by code point; None for surrogates."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, i: int) -> str | None: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[str | None]: ...

    def __getitem__(self, i: Any) -> Any:
        points = range(self._size)[i]
        if isinstance(points, range):
            return [self[point] for point in points]
        return None if 0xD800 <= points <= 0xDFFF else chr(points)


class _CodePoints(Mapping[str, int]):
    """Code points by character."""

    def __init__(self, size: int) -> None:
        self._characters = _Characters(size)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[str]:
        return (character for character in self._characters if character is not None)

    def __getitem__(self, character: str) -> int:
        if len(character) != 1 or ord(character) >= len(self._characters):
            raise KeyError(character)
        if 0xD800 <= ord(character) <= 0xDFFF:
            raise KeyError(character)
        return ord(character)
