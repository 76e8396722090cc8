"""The WordPiece tokenizer."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from nlpkit._config import argument_names
from nlpkit.tokenizers.basic_splitter import BasicSplitter
from nlpkit.tokenizers.tokenizer import Tokenizer
from nlpkit.tokenizers.vocabulary import Vocabulary, VocabularySource
from nlpkit.tokenizers.word_piece import WordPiece
from nlpkit.tokenizers.word_piece_files import read_arguments, write_files


class WordPieceTokenizer(Tokenizer):
    """Split text into words as BERT does, and words into pieces of a vocabulary.

    A word is spelled with the longest piece that starts it, then the longest that continues it, and
    so on (Schuster and Nakajima, 2012; Devlin et al., 2018, https://arxiv.org/abs/1810.04805); a
    word that cannot be spelled is one unknown token. Pieces that continue a word are marked in the
    vocabulary ("##ing"). Words end at spaces and around punctuation, CJK characters stand alone,
    and control characters are dropped.

    A special token in a text is plain text, unless `special_tokens_in_strings`. `detokenize` joins
    the pieces of a word and puts a space between words: it does not invert `tokenize` exactly.

    Args:
        vocabulary: str, path or list of str. The pieces, or a file with one a line.
        sequence_length: int or None. If set, results are dense and padded or cut to it. Default
            None.
        lowercase: bool. Whether text is lower-cased. Default False.
        strip_accents: bool or None. Whether accents are removed; None as `lowercase`. Default
            False.
        split: bool. Whether texts are split into words. If not, an example is a list of words (a
            str is one word), neither cleaned nor split; a list of lists is a batch. Default True.
        split_on_cjk: bool. Whether each CJK character is a word. Default True.
        suffix_indicator: str. What marks the pieces that continue a word. Default "##".
        oov_token: str. The unknown token. Default "[UNK]".
        special_tokens: list of str or None. Further special tokens, beside those known by name.
            Default None.
        special_tokens_in_strings: bool. Whether special tokens are recognised in texts. Default
            False.
        dtype: str. An integer dtype, or "string" for pieces in place of ids. Default "int32".
        max_characters_per_word: int. A longer word is unknown. Default 100.
        **kwargs: the other arguments of `Tokenizer`: `truncation`, `name`.

    Raises:
        ValueError: `vocabulary` lacks a special token.

    Example:
        vocabulary = ["[UNK]", "the", "qu", "##ick", "br", "##own", "fox", "."]
        tokenizer = nlpkit.tokenizers.WordPieceTokenizer(vocabulary, lowercase=True)
        tokenizer("The quick brown fox.")  # [1, 2, 3, 4, 5, 6, 7]
        tokenizer(["The fox", "quick"])  # [[1, 6], [2, 3]]
        tokenizer.detokenize([2, 3, 6])  # "quick fox"
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("unk_token",)

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        sequence_length: int | None = None,
        lowercase: bool = False,
        strip_accents: bool | None = False,
        split: bool = True,
        split_on_cjk: bool = True,
        suffix_indicator: str = "##",
        oov_token: str = "[UNK]",
        special_tokens: Sequence[str] | None = None,
        special_tokens_in_strings: bool = False,
        dtype: str = "int32",
        *,
        max_characters_per_word: int = 100,
        **kwargs: Any,
    ) -> None:
        super().__init__(sequence_length=sequence_length, dtype=dtype, **kwargs)
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.split = split
        self.split_on_cjk = split_on_cjk
        self.suffix_indicator = suffix_indicator
        self.oov_token = oov_token
        self.special_tokens = special_tokens
        self.special_tokens_in_strings = special_tokens_in_strings
        self.max_characters_per_word = max_characters_per_word
        self.set_vocabulary(vocabulary)

    @property
    def unk_token(self) -> str:
        """The unknown token, by the name BERT gives it."""
        return self.oov_token

    def set_vocabulary(self, vocabulary: VocabularySource | None) -> None:
        super().set_vocabulary(vocabulary)
        if self._vocabulary is not None:
            special = self._all_special_tokens()
            self._word_piece = self._build_word_piece(self._vocabulary, special)
            self._special_ids = {token: self._vocabulary.ids[token] for token in special}
            longest_first = sorted(special, key=len, reverse=True)
            self._special_pattern = re.compile(f"({'|'.join(map(re.escape, longest_first))})")

    def save_files(self, folder: str | Path) -> list[str]:
        return write_files(self, Path(folder))

    @classmethod
    def from_files(cls, folder: str | Path, config: dict[str, Any], **arguments: Any) -> Self:
        read = read_arguments(Path(folder), config)
        known = argument_names(cls)
        return cls(**{name: value for name, value in read.items() if name in known} | arguments)

    @property
    def _takes_words(self) -> bool:
        return not self.split

    def _all_special_tokens(self) -> list[str]:
        return [*self.special_tokens_map.values(), *(self.special_tokens or ())]

    def _build_word_piece(self, vocabulary: Vocabulary, special: Sequence[str]) -> WordPiece:
        strip = self.lowercase if self.strip_accents is None else self.strip_accents
        return WordPiece(
            vocabulary.tokens,
            BasicSplitter(self.lowercase, strip, self.split, self.split_on_cjk),
            suffix_indicator=self.suffix_indicator,
            oov_id=vocabulary.ids[self.oov_token],
            unspellable=frozenset(special),
            max_characters_per_word=self.max_characters_per_word,
        )

    def _check_special_tokens(self, vocabulary: Vocabulary) -> None:
        super()._check_special_tokens(vocabulary)
        lacking = [token for token in self.special_tokens or () if token not in vocabulary.ids]
        if lacking:
            raise ValueError(f"vocabulary must hold the special_tokens; it lacks {lacking}.")

    def _ids(self, example: Any) -> list[int]:
        spell = self._word_piece.ids_of_text if self.split else self._word_piece.ids_of_word
        if not self.special_tokens_in_strings:
            return spell(example) if self.split else [i for word in example for i in spell(word)]
        special = self._special_ids
        parts = self._special_pattern.split(example) if self.split else example
        return [i for p in parts for i in ([special[p]] if p in special else spell(p))]

    def _text(self, ids: list[int]) -> str:
        tokens = self._known().tokens
        return " ".join(tokens[i] for i in ids).replace(f" {self.suffix_indicator}", "")
