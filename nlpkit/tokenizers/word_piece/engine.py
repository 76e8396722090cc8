"""The native WordPiece pipeline: BERT's normalization, splitting and subword tokenization."""

from collections.abc import Collection, Mapping
from typing import Any

from tokenizers import Tokenizer as NativeTokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer


def build_engine(
    settings: Any, vocabulary: Mapping[str, int], unspellable: Collection[str]
) -> NativeTokenizer:
    """Build the pipeline of a `WordPieceTokenizer`.

    In this order: control characters (Unicode's categories Cc, Cf and Co) and U+FFFD are removed;
    every kind of space separates words; a CJK character is a word; letters are lowercased one by
    one; accents are stripped (NFD without the category Mn); a punctuation character (Unicode P, and
    every ASCII symbol) is a word. Words are split greedily, the longest piece first, from left to
    right.

    Args:
        settings: has the tokenizer's arguments as attributes.
        vocabulary: dict of piece to id.
        unspellable: pieces that are not found in text.
    """
    longest = settings.max_characters_per_word
    spellable = {piece: i for piece, i in vocabulary.items() if piece not in unspellable}
    # The unknown token has an id, but a name too long for a word.
    unknown = "\ufffd" * (longest + 1)
    engine = NativeTokenizer(
        WordPiece(
            {**spellable, unknown: vocabulary[settings.oov_token]},
            unk_token=unknown,
            continuing_subword_prefix=settings.suffix_indicator,
            max_input_chars_per_word=longest,
        )
    )
    engine.normalizer = build_normalizer(settings)
    if settings.split:
        engine.pre_tokenizer = BertPreTokenizer()
    return engine


def whole_words(
    settings: Any, vocabulary: Mapping[str, int], unspellable: Collection[str]
) -> dict[str, tuple[int]]:
    """The words, with their ids, that are single pieces and not changed by normalization.

    Args:
        settings: has the tokenizer's arguments as attributes.
        vocabulary: dict of piece to id.
        unspellable: pieces that are not found in text.
    """
    longest = settings.max_characters_per_word
    return {
        piece: (i,)
        for piece, i in vocabulary.items()
        if piece.isascii()
        and piece.isalnum()
        and len(piece) <= longest
        and not (settings.lowercase and piece != piece.lower())
        and piece not in unspellable
    }


def build_normalizer(settings: Any) -> BertNormalizer:
    """Build the pipeline's first part; without `split` it only lowercases and strips accents."""
    strip = settings.lowercase if settings.strip_accents is None else settings.strip_accents
    return BertNormalizer(
        clean_text=settings.split,
        handle_chinese_chars=settings.split and settings.split_on_cjk,
        strip_accents=strip,
        lowercase=settings.lowercase,
    )
