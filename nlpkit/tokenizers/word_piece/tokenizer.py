"""WordPieceTokenizer: BERT's subword tokenization."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.tokenizers.base.algorithm import Algorithm
from nlpkit.tokenizers.base.special.special_tokens import SpecialTokens
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.base.vocabulary import Vocabulary, VocabularySource
from nlpkit.tokenizers.word_piece.algorithm import WordPieceAlgorithm, WordPieceSettings

_VOCABULARY_FILE = "vocabulary.txt"


class WordPieceTokenizer(Tokenizer):
    """Split text into words as in BERT, and words into pieces of a vocabulary.

    A word is split greedily into the longest piece that starts it, the longest that continues it,
    and so on (Schuster & Nakajima, 2012; Devlin et al., 2018, arXiv:1810.04805); a word that cannot
    be split this way is one unknown token. Pieces that continue a word are marked in the vocabulary
    ("##ing"). Words are split at spaces and around punctuation, CJK characters are words by
    themselves, and control characters are dropped.

    A special token in a text is plain text, unless `special_tokens_in_strings`. `detokenize` joins
    the pieces of a word and puts a space between words: it does not invert `tokenize` exactly.

    Args:
        vocabulary: str, path or list of str. The pieces, or a file with one per line.
        sequence_length: int or None. If set, results are dense and padded or cut to it. Default
            None.
        lowercase: bool. Whether text is lowercased. Default False.
        strip_accents: bool or None. Whether accents are removed; None means as `lowercase`. Default
            False.
        split: bool. Whether texts are split into words. Otherwise an example is a list of words (a
            str is one word), neither cleaned nor split; a list of lists is a batch. Default True.
        split_on_cjk: bool. Whether each CJK character is a word. Default True.
        suffix_indicator: str. The prefix of pieces that continue a word. Default "##".
        oov_token: str. The unknown token. Default "[UNK]".
        special_tokens: list of str or None. Special tokens in addition to the named ones. Default
            None.
        special_tokens_in_strings: bool. Whether special tokens are recognized in texts. Default
            False.
        dtype: str. An integer dtype, or "string" for pieces in place of ids. Default "int32".
        max_characters_per_word: int. Longer words are unknown. Default 100.
        pipeline: str or None. JSON: the steps of a Hugging Face tokenizer.json that the other
            arguments cannot express; the native engine then runs them instead.
            `from_tokenizer_json` sets it. Default None.
        **kwargs: the other arguments of `Tokenizer`: `truncation`, `errors`, `pure_graph`, `name`.

    Raises:
        ValueError: `vocabulary` lacks a special token.

    Example:
        >>> vocabulary = ["[UNK]", "the", "qu", "##ick", "br", "##own", "fox", "."]
        >>> tokenizer = nlpkit.tokenizers.WordPieceTokenizer(vocabulary, lowercase=True)
        >>> tokenizer("The quick brown fox.")
        [1, 2, 3, 4, 5, 6, 7]
        >>> tokenizer(["The fox", "quick"])
        [[1, 6], [2, 3]]
        >>> tokenizer.detokenize([2, 3, 6])
        'quick fox'
    """

    assets: ClassVar[tuple[str, ...]] = ("vocabulary",)
    special_token_names: ClassVar[tuple[str, ...]] = ("unk_token",)
    # What transformers' class of it is called in files without a tokenizer.json.
    hf_class: ClassVar[str] = "BertTokenizer"

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
        pipeline: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            sequence_length=sequence_length,
            special_tokens=special_tokens,
            special_tokens_in_strings=special_tokens_in_strings,
            dtype=dtype,
            **kwargs,
        )
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.split = split
        self.split_on_cjk = split_on_cjk
        self.suffix_indicator = suffix_indicator
        self.oov_token = oov_token
        self.max_characters_per_word = max_characters_per_word
        self.pipeline = pipeline
        self.set_vocabulary(vocabulary)

    @property
    def unk_token(self) -> str:
        """The unknown token, under BERT's name."""
        return self.oov_token

    def set_vocabulary(self, vocabulary: VocabularySource | None) -> None:
        """Set the vocabulary.

        Args:
            vocabulary: path of a file with one token per line, or list of str; None for none yet.

        Raises:
            ValueError: it lacks a special token.
        """
        if vocabulary is None:
            self._use(None)
        else:
            read = Vocabulary.read(vocabulary)
            special = self._look_up_special_tokens(read)
            self._use(self._build_algorithm(read, special), special)
        self.vocabulary = vocabulary

    def _build_algorithm(self, vocabulary: Vocabulary, special: SpecialTokens) -> Algorithm:
        if self.pipeline is None:
            settings = self._settings(WordPieceSettings)
            return WordPieceAlgorithm.build(vocabulary, settings, special.ids)
        from nlpkit.tokenizers.word_piece.pipeline import build_algorithm

        found = self.special_tokens_in_strings
        return build_algorithm(self.pipeline, vocabulary, special.ids, found, self.suffix_indicator)

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary to a folder."""
        self._known().save(Path(dir_path) / _VOCABULARY_FILE)

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary from a folder."""
        self.set_vocabulary(FolderFiles.of(dir_path).lines(_VOCABULARY_FILE))

    def save_files(
        self, folder: str | Path, starts_texts: bool = True, text_end: str | None = None
    ) -> list[str]:
        from nlpkit.tokenizers.word_piece.files import write_files

        return write_files(self, Path(folder))

    @classmethod
    def reads(cls, folder: FolderFiles) -> bool:
        from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import kind_of

        kind = kind_of(folder)
        return folder.has("vocab.txt") if kind is None else kind == "words"

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        from nlpkit.tokenizers.word_piece.files import read_arguments

        return cls._from_read(read_arguments(FolderFiles.of(folder), config), arguments)

    @property
    def _takes_words(self) -> bool:
        return not self.split

    def _asset_arguments(self) -> dict[str, Any]:
        return {"vocabulary": self._known().tokens if self.has_vocabulary else None}
