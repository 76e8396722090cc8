"""Byte-level byte-pair encoding: words, and the merged bytes of words."""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from tokenizers import Tokenizer as NativeTokenizer
from tokenizers import decoders, normalizers
from tokenizers.models import BPE

from nlpkit._types import TensorFlowTensor
from nlpkit.tokenizers.base.chunk_memo import ChunkMemo
from nlpkit.tokenizers.base.encoding import Spans
from nlpkit.tokenizers.base.native_engine import native_ids, spans
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.byte_pair.byte_alphabet import BYTE_SYMBOLS, ByteDecoder, missing_bytes
from nlpkit.tokenizers.byte_pair.files import BytePairs, Merge
from nlpkit.tokenizers.byte_pair.proto import BytePairModel, build_model
from nlpkit.tokenizers.byte_pair.splitting.chunks import Chunks
from nlpkit.tokenizers.byte_pair.splitting.patterns import build_pre_tokenizer, is_chunked
from nlpkit.tokenizers.hugging_face_json.preset_patterns import check_pattern

NORMALIZATIONS = ("NFC", "NFD", "NFKC", "NFKD")

# Not in the byte alphabet, so it does not occur in text.
_UNKNOWN = "\ufffd"


@dataclass(frozen=True)
class BytePairSettings:
    """The arguments of a `BytePairTokenizer` that bear on ids."""

    add_prefix_space: bool
    split_pattern: str
    normalization: str | None
    ignore_merges: bool | None
    errors: str


@dataclass(frozen=True)
class BytePairAlgorithm:
    """The algorithm of a `BytePairTokenizer`.

    Normalization; splitting into words; merging the bytes of each word in pairs, in the order of
    `merges`, and of equal pairs the leftmost first.

    Attributes:
        vocabulary: `Vocabulary`.
        settings: `BytePairSettings`.
        merges: list of pairs of tokens.
        ids: dict of token to id. The tokens that can occur in a text.
        looks_up_words: bool. Whether a word that is a token becomes that token, whatever merges
            would give.
        missing: bytes. The bytes without a token.
        unknown_id: int or None. The id of a missing byte; None if it is dropped.
        native: `tokenizers.Tokenizer`.
        chunks: `Chunks`.
        memo: `ChunkMemo` in front of the native engine.
        decode: `ByteDecoder`.
    """

    vocabulary: Vocabulary
    settings: BytePairSettings
    merges: list[Merge]
    ids: dict[str, int]
    looks_up_words: bool
    missing: bytes
    unknown_id: int | None
    native: NativeTokenizer
    chunks: Chunks
    memo: ChunkMemo
    decode: ByteDecoder
    finds_tokens: ClassVar[bool] = False

    @classmethod
    def build(
        cls,
        vocabulary: Vocabulary,
        pairs: BytePairs,
        settings: BytePairSettings,
        unspellable: Collection[str],
    ) -> "BytePairAlgorithm":
        """Build the algorithm with its engine.

        Args:
            vocabulary: `Vocabulary`. All tokens.
            pairs: `BytePairs`.
            settings: `BytePairSettings`.
            unspellable: tokens that are not found in text, except bytes and results of merges.

        Raises:
            ValueError: the split pattern or the normalization is not supported.
        """
        hidden = set(unspellable) - set(BYTE_SYMBOLS)
        if hidden:
            hidden -= set(map("".join, pairs.merges))
        ids = {token: i for token, i in pairs.ids.items() if token not in hidden}
        missing = missing_bytes(ids)
        is_strict = bool(missing) and settings.errors == "strict"
        unknown_id = max(pairs.ids.values(), default=-1) + 1 if is_strict else None
        looks_up = pairs.looks_up_words(settings.ignore_merges)
        native = NativeTokenizer(_build_model(ids, pairs, looks_up, unknown_id))
        if normalizer := build_normalizer(settings.normalization):
            native.normalizer = normalizer
        if not is_chunked(settings.split_pattern):
            check_pattern(settings.split_pattern)
        native.pre_tokenizer = build_pre_tokenizer(settings.split_pattern)
        native.decoder = decoders.ByteLevel()
        chunks = Chunks(settings.split_pattern, settings.normalization, settings.add_prefix_space)
        return cls(
            vocabulary=vocabulary,
            settings=settings,
            merges=pairs.merges,
            ids=ids,
            looks_up_words=looks_up,
            missing=missing,
            unknown_id=unknown_id,
            native=native,
            chunks=chunks,
            memo=ChunkMemo(native, chunks.split, chunks.spell, chunks.separator),
            decode=ByteDecoder(vocabulary.tokens, unspellable),
        )

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        rows: Sequence[Sequence[int]]
        if self.chunks.whole:
            rows = list(native_ids(self.native, list(map(self.chunks.prefixed, texts))))
        else:
            rows = self.memo(texts)
        if self.unknown_id is not None:
            self._check_known(texts, rows)
        return rows

    def spans(self, text: str) -> Spans:
        found = spans(self.native, self.chunks.prefixed(text))
        self._check_known([text], [found.ids])
        starts, ends = found.starts, found.ends
        if self.chunks.needs_prefix(text):
            starts, ends = ([max(i - 1, 0) for i in indices] for indices in (starts, ends))
        if self.settings.normalization is not None:
            ends = _without_gaps(starts, ends, len(text))
        return Spans(found.ids, starts, ends, found.words)

    def graph_encode(self, texts: TensorFlowTensor) -> Any:
        from nlpkit.tokenizers.byte_pair.graph_tensorflow import graph_ids

        return graph_ids(self, texts)

    @cached_property
    def graph_function(self) -> Any:
        """`graph_encode` as a TensorFlow function, for eager mode."""
        from nlpkit.tokenizers.byte_pair.graph_tensorflow import graph_function

        return graph_function(self)

    @cached_property
    def sentence_piece_model(self) -> BytePairModel:
        """The equivalent for TensorFlow's operations."""
        return build_model(self.ids, self.merges, self.looks_up_words)

    def _check_known(self, texts: Sequence[str], rows: Sequence[Sequence[int]]) -> None:
        for text, row in zip(texts, rows, strict=True):
            if self.unknown_id in row:
                raise ValueError(
                    f"vocabulary must contain every byte of a text; it lacks {len(self.missing)} "
                    f"bytes, such as {self.missing[:8]!r}, some of which are in the text "
                    f'{text!r:.60}. Pass errors="ignore" to the tokenizer to drop them.'
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


def _build_model(
    ids: dict[str, int], pairs: BytePairs, looks_up_words: bool, unknown_id: int | None
) -> BPE:
    if unknown_id is None:
        return BPE(ids, pairs.merges, ignore_merges=looks_up_words)
    return BPE(
        {**ids, _UNKNOWN: unknown_id},
        pairs.merges,
        ignore_merges=looks_up_words,
        unk_token=_UNKNOWN,
    )


def _without_gaps(starts: Sequence[int], ends: Sequence[int], length: int) -> list[int]:
    """The ends of spans, including characters that normalization composed with the previous one."""
    bounds = [*starts, length]
    return [bounds[bisect_left(bounds, end)] for end in ends]
