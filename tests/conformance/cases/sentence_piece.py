"""The public tokenizers that need no vocabulary of words."""

from functools import cache
from typing import Any

from conformance.cases.case import Case
from conformance.cases.hard_strings import HARD_STRINGS, SPECIAL
from nlpkit.tokenizers import compute_sentence_piece_proto
from nlpkit.tokenizers.sentence_piece.proto import PieceKind, SentencePieceProto


@cache
def tiny_proto(model_type: str) -> bytes:
    """A model with byte fallback, so that nothing is unknown but [UNK]."""
    own = [token for token in SPECIAL if token != "[UNK]"]
    data = compute_sentence_piece_proto(
        HARD_STRINGS, 340, model_type, byte_fallback=True, special_tokens=own
    )
    model = SentencePieceProto.parse(data)
    pieces = [p._replace(text="[UNK]") if p.kind == PieceKind.UNKNOWN else p for p in model.pieces]
    return SentencePieceProto(tuple(pieces), model.rest).to_bytes()


EVERY_TOKENIZER: dict[str, Any] = {
    "sequence_length": 6,
    "truncation": "silent",
    "errors": "ignore",
    "pure_graph": True,
}


def sentence_piece_arguments() -> dict[str, Any]:
    return {
        **EVERY_TOKENIZER,
        "proto": tiny_proto("unigram"),
        "add_bos": True,
        "add_eos": True,
        "lowercase": True,
        "strip_accents": True,
        "replacements": {"``": '"'},
        "special_tokens": ["[CLS]"],
        "special_tokens_in_strings": True,
    }


def _byte_arguments() -> dict[str, Any]:
    return {
        **EVERY_TOKENIZER,
        "lowercase": False,
        "normalization_form": "NFD",
        "replacement_char": 63,
        "special_tokens": ["a"],
        "special_tokens_in_strings": True,
    }


def _code_point_arguments() -> dict[str, Any]:
    return {
        **_byte_arguments(),
        "input_encoding": "UTF-16-BE",
        "output_encoding": "UTF-32-BE",
        "vocabulary_size": 300,
    }


# Their special tokens are characters, if any; they have no files.
NO_FILES = {
    "special_tokens_in_text_are_plain_text": "a special token of characters would be one of them",
    "assets_save_and_reload": "it has no files",
}
SENTENCE_PIECE = [
    Case(
        "SentencePieceTokenizer",
        sentence_piece_arguments,
        others={
            "unigram": lambda: {"proto": tiny_proto("unigram")},
            "bpe": lambda: {"proto": tiny_proto("bpe")},
        },
    ),
    Case(
        "ByteTokenizer",
        _byte_arguments,
        others={"bytes": dict, "cased-bytes": lambda: {"lowercase": False}},
        exempt=NO_FILES,
    ),
    Case(
        "UnicodeCodepointTokenizer",
        _code_point_arguments,
        others={
            # Up to the surrogates, which have no token.
            "characters": lambda: {"vocabulary_size": 0xD800},
            "few-characters": lambda: {"vocabulary_size": 128, "lowercase": False},
        },
        exempt=NO_FILES,
    ),
]
