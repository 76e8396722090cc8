"""WordPiece with TensorFlow operations only."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from nlpkit._compat import require
from nlpkit._types import TensorFlowTensor
from nlpkit.tokenizers.tf_data.text_tensorflow import (
    character_ranges,
    every_character,
    map_characters,
)
from nlpkit.tokenizers.word_piece.algorithm import build_normalizer

if TYPE_CHECKING:
    from nlpkit.tokenizers.word_piece.algorithm import WordPieceAlgorithm

tf: Any = require("tensorflow", "pure_graph=True")
tf_text: Any = require("tensorflow_text", "pure_graph=True")

_MARKER = "\u2603"  # A snowman: it is not changed, and nothing else becomes one.


class CharacterTable(NamedTuple):
    """The effect of the native normalizer and splitter on each character.

    Attributes:
        dropped: pattern of the characters that are removed.
        spaces: pattern of the characters that separate words.
        alone: pattern of the characters that are words by themselves.
        mapped: dict of characters to their replacements.
    """

    dropped: str
    spaces: str
    alone: str
    mapped: dict[str, str]


def graph_ids(algorithm: "WordPieceAlgorithm", texts: TensorFlowTensor) -> Any:
    """The ids of texts `[n]`, ragged `[n, None]`.

    The native pipeline works character by character (except for the order of combining marks, which
    NFD gives here too), so a table of its results is equivalent.
    """
    normalizer = build_normalizer(algorithm.settings)
    table = _character_table(normalizer.__getstate__())
    texts = tf.strings.regex_replace(texts, table.dropped, "")
    texts = tf.strings.regex_replace(texts, table.spaces, " ")
    texts = map_characters(texts, table.mapped)
    if normalizer.strip_accents:
        texts = tf_text.normalize_utf8(texts, "NFD")
    texts = tf.strings.regex_replace(texts, table.alone, r" \0 ")
    words = tf.strings.split(texts, " ")
    words = tf.ragged.boolean_mask(words, words != "")
    return words.with_flat_values(_spell(algorithm, words.flat_values)).merge_dims(1, 2)


def _spell(algorithm: "WordPieceAlgorithm", words: TensorFlowTensor) -> Any:
    """The ids of words `[n]`, ragged `[n, None]`."""
    settings = algorithm.settings
    longest, unknown = settings.max_characters_per_word, settings.oov_token
    pieces = [
        f"\ufffd{i}" if piece in algorithm.unspellable and piece != unknown else piece
        for i, piece in enumerate(algorithm.vocabulary.tokens)
    ]
    speller = tf_text.FastWordpieceTokenizer(
        pieces,
        suffix_indicator=settings.suffix_indicator,
        max_bytes_per_word=4 * longest,
        token_out_type=tf.int32,
        unknown_token=unknown,
        no_pretokenization=True,
    )
    too_long = tf.strings.length(words, unit="UTF8_CHAR") > longest
    return speller.tokenize(tf.where(too_long, "x" * (4 * longest + 1), words))


@lru_cache
def _character_table(normalizer_state: bytes) -> CharacterTable:
    normalizer = BertNormalizer()
    normalizer.__setstate__(normalizer_state)
    characters = [c for c in every_character() if c != _MARKER]
    text = _MARKER.join(characters)
    become = dict(zip(characters, normalizer.normalize_str(text).split(_MARKER), strict=True))
    result = {c: r.strip(" ") for c, r in become.items() if r != c}
    return CharacterTable(
        dropped=_pattern(c for c, r in become.items() if r == ""),
        spaces=_pattern(c for c, r in become.items() if r == " "),
        alone=_pattern({c for c, r in become.items() if r == f" {c} "} | _punctuation()),
        mapped={c: r for c, r in result.items() if r not in ("", c)},
    )


@lru_cache
def _punctuation() -> set[str]:
    """The characters that the native splitter treats as words."""
    split = BertPreTokenizer().pre_tokenize_str
    candidates = [c for c in every_character() if c < "\x80" or unicodedata.category(c)[0] in "PS"]
    return {c for c in candidates if len(split(f"a{c}a")) == 3}


def _pattern(characters: Iterable[str]) -> str:
    """An RE2 class of the characters; without characters, one that never matches."""
    ranges = character_ranges(characters)
    return f"[{ranges}]" if ranges else r"[^\x{0}-\x{10ffff}]"
