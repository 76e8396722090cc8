"""The public tokenizers."""

import json
from typing import Any

import nlpkit
from conformance.cases.case import Case
from conformance.cases.hard_strings import HARD_STRINGS, SPECIAL
from conformance.cases.sentence_piece import SENTENCE_PIECE
from nlpkit.tokenizers.byte_pair.byte_alphabet import BYTE_SYMBOLS

_WORD_PIECE_PIPELINE = json.dumps(
    {
        "model": {"type": "WordPiece", "unk_token": "<unk>", "max_input_chars_per_word": 12}
        | {"continuing_subword_prefix": "@@"},
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "decoder": None,
        "added_tokens": [],
    }
)
WORDS = ["the", "movie", "was", "great", "terr", "##ible", "un", "##believ", "##able", "good"]
_CHARACTERS = sorted(
    {c for text in HARD_STRINGS for c in text + text.lower() if c.isprintable() and c != " "}
)
VOCABULARY = [
    *SPECIAL,
    *WORDS,
    *_CHARACTERS,
    *(f"##{character}" for character in _CHARACTERS if f"##{character}" not in SPECIAL + WORDS),
]


def tokenizer(**arguments: Any) -> Any:
    """The tokenizer of the cases that need one."""
    return nlpkit.models.BertTokenizer(VOCABULARY, lowercase=True, **arguments)


def _word_piece_arguments() -> dict:
    return {
        "vocabulary": ["<unk>", "<x>", "good", "mo", "@@vie"],
        "sequence_length": 6,
        "lowercase": True,
        "strip_accents": True,
        "split": False,
        "split_on_cjk": False,
        "suffix_indicator": "@@",
        "oov_token": "<unk>",
        "special_tokens": ["<x>"],
        "special_tokens_in_strings": True,
        "max_characters_per_word": 12,
        "pipeline": _WORD_PIECE_PIPELINE,
        "errors": "ignore",
        "pure_graph": True,
        "truncation": "silent",
    }


def bert_arguments() -> dict:
    names = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "mask_token": "<mask>"}
    arguments = _word_piece_arguments()
    vocabulary = [*names.values(), *arguments["vocabulary"]]
    return {**arguments, **names, "vocabulary": vocabulary}


_VARIANTS = {
    "defaults": lambda: {"vocabulary": VOCABULARY},
    "uncased": lambda: {"vocabulary": VOCABULARY, "lowercase": True, "strip_accents": True},
    "whole-cjk": lambda: {"vocabulary": VOCABULARY, "split_on_cjk": False},
}
# What a tokenizer.json may say that no other argument does.
_PIPELINE = json.dumps(
    {
        "model": {"type": "BPE"},
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Digits", "individual_digits": True},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True},
            ],
        },
        "decoder": None,
        "added_tokens": [],
    }
)
_MERGES = ["t h", "th e", "Ġ the", "Ġ w", "Ġw a", "Ġwa s", "o o", "g oo", "goo d", "Ã ©"]
_BYTE_PAIRS = [*SPECIAL, *sorted(BYTE_SYMBOLS), *(merge.replace(" ", "") for merge in _MERGES)]
BYTE_PAIR_ASSETS = {"vocabulary": {t: i for i, t in enumerate(_BYTE_PAIRS)}, "merges": _MERGES}


def byte_pair_arguments() -> dict:
    return {
        **BYTE_PAIR_ASSETS,
        "sequence_length": 6,
        "add_prefix_space": True,
        "unsplittable_tokens": ["[MASK]"],
        "split_pattern": "o200k",
        "normalization": "NFC",
        "ignore_merges": True,
        "pipeline": _PIPELINE,
        "special_tokens": {"[CLS]": 2, "<end>": 300},
        "special_tokens_in_strings": True,
        "errors": "ignore",
        "pure_graph": True,
        "truncation": "silent",
    }


_BYTE_PAIR_VARIANTS = {
    "defaults": lambda: BYTE_PAIR_ASSETS,
    "falcon": lambda: {**BYTE_PAIR_ASSETS, "split_pattern": "falcon"},
    "qwen2": lambda: {**BYTE_PAIR_ASSETS, "split_pattern": "qwen2", "normalization": "NFC"},
}
TOKENIZERS = [
    Case("BytePairTokenizer", byte_pair_arguments, others=_BYTE_PAIR_VARIANTS),
    Case("WordPieceTokenizer", _word_piece_arguments, others=_VARIANTS),
    Case("BertTokenizer", bert_arguments, others=_VARIANTS),
    *SENTENCE_PIECE,
]
