"""WordPiece: BERT's normalization, splitting into words, and words into pieces."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from tokenizers import Tokenizer as NativeTokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from nlpkit._types import TensorFlowTensor
from nlpkit.tokenizers.base.chunk_memo import ChunkMemo
from nlpkit.tokenizers.base.encoding import Spans
from nlpkit.tokenizers.base.native_engine import spans
from nlpkit.tokenizers.base.vocabulary import Vocabulary


@dataclass(frozen=True)
class WordPieceSettings:
    """The arguments of a `WordPieceTokenizer` that bear on ids."""

    lowercase: bool
    strip_accents: bool | None
    split: bool
    split_on_cjk: bool
    suffix_indicator: str
    oov_token: str
    max_characters_per_word: int


@dataclass(frozen=True)
class WordPieceAlgorithm:
    """The algorithm of a `WordPieceTokenizer`.

    In this order: control characters (Unicode's categories Cc, Cf and Co) and U+FFFD are removed;
    every kind of space separates words; a CJK character is a word; letters are lowercased one by
    one; accents are stripped (NFD without the category Mn); a punctuation character (Unicode P, and
    every ASCII symbol) is a word. Words are split greedily, the longest piece first, from left to
    right.

    Attributes:
        vocabulary: `Vocabulary`.
        settings: `WordPieceSettings`.
        unspellable: pieces that are not found in text.
        native: `tokenizers.Tokenizer`.
        memo: `ChunkMemo` in front of it.
    """

    vocabulary: Vocabulary
    settings: WordPieceSettings
    unspellable: Collection[str]
    native: NativeTokenizer
    memo: ChunkMemo
    finds_tokens: ClassVar[bool] = False

    @classmethod
    def build(
        cls, vocabulary: Vocabulary, settings: WordPieceSettings, unspellable: Collection[str]
    ) -> "WordPieceAlgorithm":
        """Build the algorithm with its engine."""
        spellable = {piece: i for piece, i in vocabulary.ids.items() if piece not in unspellable}
        native = _build_native(spellable, vocabulary.ids[settings.oov_token], settings)
        if settings.split:
            # Whitespace always separates words, and the text on one side of it does not affect the
            # other.
            given = _whole_words(spellable, settings)
            memo = ChunkMemo(native, str.split, " ".__add__, " ^", given)
        else:
            memo = ChunkMemo(native, _one_chunk)
        return cls(vocabulary, settings, unspellable, native, memo)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        return self.memo(_without_controls(texts) if self.settings.split else texts)

    def spans(self, text: str) -> Spans:
        return spans(self.native, text)

    def decode(self, ids: Sequence[int]) -> str:
        return join_pieces(ids, self.vocabulary, self.settings.suffix_indicator)

    def graph_encode(self, texts: TensorFlowTensor) -> Any:
        from nlpkit.tokenizers.word_piece.graph_tensorflow import graph_ids

        return graph_ids(self, texts)


class NormalizerSettings(Protocol):
    """What `build_normalizer` needs to know."""

    @property
    def lowercase(self) -> bool: ...
    @property
    def strip_accents(self) -> bool | None: ...
    @property
    def split(self) -> bool: ...
    @property
    def split_on_cjk(self) -> bool: ...


def build_normalizer(settings: NormalizerSettings) -> BertNormalizer:
    """Build the first part of the algorithm; without `split` it only lowercases and strips."""
    strip = settings.lowercase if settings.strip_accents is None else settings.strip_accents
    return BertNormalizer(
        clean_text=settings.split,
        handle_chinese_chars=settings.split and settings.split_on_cjk,
        strip_accents=strip,
        lowercase=settings.lowercase,
    )


def join_pieces(ids: Sequence[int], vocabulary: Vocabulary, suffix_indicator: str) -> str:
    """Join the pieces of words, and the words with spaces."""
    tokens = vocabulary.tokens
    return " ".join(tokens[i] for i in ids).replace(f" {suffix_indicator}", "")


def _build_native(
    pieces: Mapping[str, int], unknown_id: int, settings: WordPieceSettings
) -> NativeTokenizer:
    longest = settings.max_characters_per_word
    # The unknown token has an id, but a name too long for a word.
    unknown = "\ufffd" * (longest + 1)
    native = NativeTokenizer(
        WordPiece(
            {**pieces, unknown: unknown_id},
            unk_token=unknown,
            continuing_subword_prefix=settings.suffix_indicator,
            max_input_chars_per_word=longest,
        )
    )
    native.normalizer = build_normalizer(settings)
    if settings.split:
        native.pre_tokenizer = BertPreTokenizer()
    return native


def _whole_words(pieces: Mapping[str, int], settings: WordPieceSettings) -> dict[str, tuple[int]]:
    """The words, with their ids, that are single pieces and not changed by normalization."""
    longest, lowercase = settings.max_characters_per_word, settings.lowercase
    return {
        piece: (i,)
        for piece, i in pieces.items()
        if piece.isascii()
        and piece.isalnum()
        and len(piece) <= longest
        and not (lowercase and piece != piece.lower())
    }


def _without_controls(texts: Sequence[str]) -> Sequence[str]:
    """Remove characters that separate words in Python only; the algorithm drops them."""
    together = "".join(texts)
    for control in "\x0b\x0c\x1c\x1d\x1e\x1f\x85":
        if control in together:
            texts = [text.replace(control, "") for text in texts]
    return texts


def _one_chunk(text: str) -> list[str]:
    return [text]
