"""Splitting of text into chunks that are tokenized separately."""

import re

from nlpkit.tokenizers.byte_pair.splitting.patterns import is_chunked


class Chunks:
    """Splits text into chunks that can be tokenized separately.

    The name of a chunk is its text, in most cases without its leading space.

    Args:
        split_pattern: str.
        normalization: str or None.
        prefix: bool. Whether a space is added to text that does not start with one.

    Attributes:
        whole: bool. Whether a text is one chunk.
        separator: str or None. A rare chunk that can be put between any two; None if whitespace at
            the end of one might make a difference.
    """

    def __init__(self, split_pattern: str, normalization: str | None, prefix: bool) -> None:
        # NFKC makes spaces of other characters.
        self.whole = not is_chunked(split_pattern) or normalization not in (None, "NFC", "NFD")
        # In Falcon's steps whitespace before punctuation is a word of its own, however long.
        self._cut = _BETWEEN_WORDS if split_pattern == "falcon" else _BEFORE_WORD
        # Only Falcon's steps look at the whitespace before a word as one.
        self.separator = None if split_pattern == "falcon" else " \0"
        self._prefix = prefix

    def split(self, text: str) -> list[str]:
        """The names of the chunks of a text."""
        if self.whole:
            chunks = [text]
        # Printable are all characters but controls and whitespace other than U+0020.
        elif text.isprintable() and "  " not in text and text[-1:] != " ":
            chunks = text.split(" ")
        else:
            chunks = self._cut.split(text)
        if not (self._prefix and self.needs_prefix(text)) or text[0].isspace():
            chunks[0] = _NO_SPACE + self.prefixed(chunks[0])
        return chunks

    def spell(self, chunk: str) -> str:
        """The text of a chunk with this name."""
        return chunk[1:] if chunk[:1] == _NO_SPACE else f" {chunk}"

    def needs_prefix(self, text: str) -> bool:
        """Whether a space is added to a text."""
        return self._prefix and text != "" and text[0] != " "

    def prefixed(self, text: str) -> str:
        """The text with its space."""
        return f" {text}" if self.needs_prefix(text) else text


_BETWEEN_WORDS = re.compile(r"(?<=\S) (?=\S)")
_BEFORE_WORD = re.compile(r" (?=\S)")

# Starts the name of a chunk without a space; no other name starts with one.
_NO_SPACE = " "
