"""Texts that tokenizers are tried on, and special tokens they may know."""

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
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
