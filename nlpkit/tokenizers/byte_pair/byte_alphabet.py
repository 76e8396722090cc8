"""The alphabet in which byte-level vocabularies are written: one printable character a byte."""

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property


def _symbols() -> str:
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    others = iter(range(0x100, 0x200))
    return "".join(chr(byte if byte in printable else next(others)) for byte in range(256))


# Radford et al. (2019) keep the printable characters of Latin-1 and move the other bytes, in their
# order, to U+0100 and on: a space is "Ġ", a line break "Ċ".
BYTE_SYMBOLS = _symbols()
_LATIN_1_OF = {ord(symbol): byte for byte, symbol in enumerate(BYTE_SYMBOLS)}
_IN_ALPHABET = frozenset(BYTE_SYMBOLS)


def to_symbols(data: bytes) -> str:
    """Bytes, written in the alphabet."""
    return data.decode("latin-1").translate(BYTE_SYMBOLS)


def to_bytes(token: str) -> bytes:
    """The bytes that a token of the alphabet stands for.

    A token with another character in it, such as a special token with a space, stands for itself.
    """
    if _IN_ALPHABET.issuperset(token):
        return token.translate(_LATIN_1_OF).encode("latin-1")
    return token.encode()


def missing_bytes(tokens: Iterable[str]) -> bytes:
    """The bytes that no token stands for alone."""
    missing = _IN_ALPHABET.difference(tokens)
    return bytes(sorted(_LATIN_1_OF[ord(symbol)] for symbol in missing))


class ByteDecoder:
    """Turns ids into text.

    Args:
        tokens: list of str, in the order of their ids; None where an id has no token.
        literal: tokens that are text as they are, not written in the alphabet.
    """

    def __init__(self, tokens: Sequence[str | None], literal: Collection[str]) -> None:
        self._tokens = tokens
        self._literal = frozenset(literal)

    def __call__(self, ids: Iterable[int]) -> str:
        """The text; bytes that are no character become U+FFFD."""
        table = self._bytes
        return b"".join([table[i] for i in ids]).decode("utf-8", "replace")

    @cached_property
    def _bytes(self) -> list[bytes]:
        literal = self._literal
        tokens = (token or "" for token in self._tokens)
        return [token.encode() if token in literal else to_bytes(token) for token in tokens]
