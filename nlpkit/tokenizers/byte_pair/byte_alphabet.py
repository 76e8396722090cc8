"""The byte alphabet of byte-level vocabularies: one printable character per byte."""

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property


def _symbols() -> str:
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    others = iter(range(0x100, 0x200))
    return "".join(chr(byte if byte in printable else next(others)) for byte in range(256))


# Radford et al. (2019) keep the printable characters of Latin-1 and map the other bytes, in order,
# to U+0100 and up: a space is "Ġ", a line break "Ċ".
BYTE_SYMBOLS = _symbols()
_LATIN_1_OF = {ord(symbol): byte for byte, symbol in enumerate(BYTE_SYMBOLS)}
_IN_ALPHABET = frozenset(BYTE_SYMBOLS)


def to_symbols(data: bytes) -> str:
    """Convert bytes to symbols of the alphabet."""
    return data.decode("latin-1").translate(BYTE_SYMBOLS)


def to_bytes(token: str) -> bytes:
    """Convert a token in the alphabet to bytes.

    A token with another character, such as a special token with a space, is encoded as it is.
    """
    if _IN_ALPHABET.issuperset(token):
        return token.translate(_LATIN_1_OF).encode("latin-1")
    return token.encode()


def missing_bytes(tokens: Iterable[str]) -> bytes:
    """The bytes without a token of their own."""
    missing = _IN_ALPHABET.difference(tokens)
    return bytes(sorted(_LATIN_1_OF[ord(symbol)] for symbol in missing))


class ByteDecoder:
    """Converts ids to text.

    Args:
        tokens: list of str, in the order of their ids; None where an id has no token.
        literal: tokens that are plain text, not written in the alphabet.
    """

    def __init__(self, tokens: Sequence[str | None], literal: Collection[str]) -> None:
        self._tokens = tokens
        self._literal = frozenset(literal)

    def __call__(self, ids: Iterable[int]) -> str:
        """Convert ids to text; bytes that are not valid UTF-8 become U+FFFD."""
        table = self._bytes
        return b"".join([table[i] for i in ids]).decode("utf-8", "replace")

    @cached_property
    def _bytes(self) -> list[bytes]:
        literal = self._literal
        tokens = (token or "" for token in self._tokens)
        return [token.encode() if token in literal else to_bytes(token) for token in tokens]
