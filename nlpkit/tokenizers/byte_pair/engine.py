"""The native byte-level BPE pipeline, and splitting of text into chunks."""

import re
from collections.abc import Collection
from functools import cached_property
from typing import Any

from tokenizers import Tokenizer as NativeTokenizer
from tokenizers import decoders, normalizers
from tokenizers.models import BPE

from nlpkit.tokenizers.byte_pair.byte_alphabet import BYTE_SYMBOLS, missing_bytes
from nlpkit.tokenizers.byte_pair.files import BytePairs
from nlpkit.tokenizers.byte_pair.proto import BytePairModel, build_model
from nlpkit.tokenizers.byte_pair.split_patterns import build_pre_tokenizer, is_chunked
from nlpkit.tokenizers.hugging_face_json.preset_patterns import check_pattern

NORMALIZATIONS = ("NFC", "NFD", "NFKC", "NFKD")

# Not in the byte alphabet, so it does not occur in text.
_UNKNOWN = "\ufffd"


class BytePairEngine:
    """The pipeline of a `BytePairTokenizer`.

    Normalization; splitting into words; merging the bytes of each word in pairs, in the order of
    `merges`, and of equal pairs the leftmost first.

    Args:
        pairs: BytePairs.
        settings: has the tokenizer's arguments `split_pattern`, `normalization`, `ignore_merges`,
            `errors`.
        unspellable: tokens that are not found in text, except bytes and results of merges.
        pipeline: `tokenizers.Tokenizer` or None. Replaces all these steps.

    Attributes:
        pairs: BytePairs.
        ids: dict of token to id. The tokens that can occur in a text.
        looks_up_words: bool. Whether a word that is a token becomes that token, whatever merges
            would give.
        missing: bytes. The bytes without a token.
        unknown_id: int or None. The id of a missing byte; None if it is dropped.
        native: `tokenizers.Tokenizer`.
        eager_function: the same as a TensorFlow function, once one is needed.
    """

    def __init__(
        self,
        pairs: BytePairs,
        settings: Any,
        unspellable: Collection[str],
        pipeline: NativeTokenizer | None = None,
    ) -> None:
        hidden = set(unspellable) - set(BYTE_SYMBOLS)
        if hidden:
            hidden -= set(map("".join, pairs.merges))
        self.eager_function: Any = None
        self.pairs = pairs
        self.ids = {token: i for token, i in pairs.ids.items() if token not in hidden}
        ignore = settings.ignore_merges
        self.looks_up_words = pairs.are_ranks if ignore is None else ignore
        self.missing = missing_bytes(self.ids)
        self.unknown_id: int | None = None
        if pipeline is not None:
            self.native = pipeline
            return
        if self.missing and settings.errors == "strict":
            self.unknown_id = max(pairs.ids.values(), default=-1) + 1
        self.native = NativeTokenizer(self._model())
        if normalizer := build_normalizer(settings.normalization):
            self.native.normalizer = normalizer
        if not is_chunked(settings.split_pattern):
            check_pattern(settings.split_pattern)
        self.native.pre_tokenizer = build_pre_tokenizer(settings.split_pattern)
        self.native.decoder = decoders.ByteLevel()

    @cached_property
    def sentence_piece_model(self) -> BytePairModel:
        """The same for TensorFlow's operations."""
        return build_model(self)

    def _model(self) -> BPE:
        if self.unknown_id is None:
            return BPE(self.ids, self.pairs.merges, ignore_merges=self.looks_up_words)
        return BPE(
            {**self.ids, _UNKNOWN: self.unknown_id},
            self.pairs.merges,
            ignore_merges=self.looks_up_words,
            unk_token=_UNKNOWN,
        )


def build_normalizer(normalization: str | None) -> Any:
    """Build the native normalizer; None for none.

    Raises:
        ValueError: the name of the normalization is unknown.
    """
    if normalization is None:
        return None
    if normalization not in NORMALIZATIONS:
        raise ValueError(
            f"normalization must be None or one of {NORMALIZATIONS}; got {normalization!r}."
        )
    return getattr(normalizers, normalization)()


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
