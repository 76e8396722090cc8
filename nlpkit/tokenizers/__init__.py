"""Tokenizers, and training of their vocabularies."""

from typing import TYPE_CHECKING

from nlpkit._namespace import namespace
from nlpkit._registry import families

if TYPE_CHECKING:
    from nlpkit.tokenizers.base.tokenizer import Tokenizer as Tokenizer
    from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer as BytePairTokenizer
    from nlpkit.tokenizers.byte_pair.trainer import (
        compute_byte_pair_vocabulary as compute_byte_pair_vocabulary,
    )
    from nlpkit.tokenizers.characters.byte_tokenizer import ByteTokenizer as ByteTokenizer
    from nlpkit.tokenizers.characters.unicode_codepoint_tokenizer import (
        UnicodeCodepointTokenizer as UnicodeCodepointTokenizer,
    )
    from nlpkit.tokenizers.sentence_piece.tokenizer import (
        SentencePieceTokenizer as SentencePieceTokenizer,
    )
    from nlpkit.tokenizers.sentence_piece.trainer import (
        compute_sentence_piece_proto as compute_sentence_piece_proto,
    )
    from nlpkit.tokenizers.word_piece.tokenizer import WordPieceTokenizer as WordPieceTokenizer
    from nlpkit.tokenizers.word_piece.trainer import (
        compute_word_piece_vocabulary as compute_word_piece_vocabulary,
    )


def _of_family(name: str) -> object:
    """The tokenizers of the families, which live above this package in `nlpkit.models`."""
    return getattr(families(), name, None) if name.endswith("Tokenizer") else None


__all__, __getattr__, __dir__ = namespace(
    __name__,
    {
        "base.tokenizer": "Tokenizer",
        "byte_pair.tokenizer": "BytePairTokenizer",
        "byte_pair.trainer": "compute_byte_pair_vocabulary",
        "characters.byte_tokenizer": "ByteTokenizer",
        "characters.unicode_codepoint_tokenizer": "UnicodeCodepointTokenizer",
        "sentence_piece.tokenizer": "SentencePieceTokenizer",
        "sentence_piece.trainer": "compute_sentence_piece_proto",
        "word_piece.tokenizer": "WordPieceTokenizer",
        "word_piece.trainer": "compute_word_piece_vocabulary",
    },
    beyond=_of_family,
)
