"""The public tokenizers."""

from typing import Any

import nlpkit
from conformance.case import Case

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["the", "movie", "was", "great", "terr", "##ible", "un", "##believ", "##able", "good"]
HARD_STRINGS = [
    "",
    " \t\n",
    "The movie was GREAT, unbelievable!",
    "naïve café, cafe\u0301",
    "電影 was 好看",
    "thumbs 👍🏽 up 😀",
    "zero\u200bwidth and soft\u00adhyphen",
    "no\u00a0break, thin\u2009space, line\u2028separator",
    "[CLS] the [SEP] movie [MASK]",
    "don't -- stop... (ever)",
    "ﬁne ½ ² Ⅷ İstanbul ẞ",
    "مرحبا שלום",
    "control\x00\x1f\ufffdcharacters",
    "##ible ## #",
    "good" * 40,
]
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
        "truncation": "silent",
    }


def _bert_arguments() -> dict:
    names = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "mask_token": "<mask>"}
    arguments = _word_piece_arguments()
    vocabulary = [*names.values(), *arguments["vocabulary"]]
    return {**arguments, **names, "vocabulary": vocabulary}


_VARIANTS = {
    "defaults": lambda: {"vocabulary": VOCABULARY},
    "uncased": lambda: {"vocabulary": VOCABULARY, "lowercase": True, "strip_accents": True},
    "whole-cjk": lambda: {"vocabulary": VOCABULARY, "split_on_cjk": False},
}
TOKENIZERS = [
    Case("WordPieceTokenizer", _word_piece_arguments, others=_VARIANTS),
    Case("BertTokenizer", _bert_arguments, others=_VARIANTS),
]
