"""Strings to ids and back, and training vocabularies."""

import importlib
from typing import Any

from nlpkit import _backend as _backend
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer
from nlpkit.tokenizers.byte_pair.trainer import compute_byte_pair_vocabulary
from nlpkit.tokenizers.characters.byte_tokenizer import ByteTokenizer
from nlpkit.tokenizers.characters.unicode_codepoint_tokenizer import UnicodeCodepointTokenizer
from nlpkit.tokenizers.sentence_piece.tokenizer import SentencePieceTokenizer
from nlpkit.tokenizers.sentence_piece.trainer import compute_sentence_piece_proto
from nlpkit.tokenizers.word_piece.tokenizer import WordPieceTokenizer
from nlpkit.tokenizers.word_piece.trainer import compute_word_piece_vocabulary

__all__ = [
    "BytePairTokenizer",
    "ByteTokenizer",
    "SentencePieceTokenizer",
    "Tokenizer",
    "UnicodeCodepointTokenizer",
    "WordPieceTokenizer",
    "compute_byte_pair_vocabulary",
    "compute_sentence_piece_proto",
    "compute_word_piece_vocabulary",
]


def __getattr__(name: str) -> Any:
    """The tokenizers of the families, which live above this package in `nlpkit.models`."""
    if name.endswith("Tokenizer"):
        found = getattr(importlib.import_module("nlpkit.models"), name, None)
        if found is not None:
            return found
    raise AttributeError(f"module 'nlpkit.tokenizers' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__]
