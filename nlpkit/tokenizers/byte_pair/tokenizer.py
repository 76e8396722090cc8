"""BytePairTokenizer: byte-level byte-pair encoding (BPE)."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.tokenizers.base.algorithm import Algorithm
from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.base.special.special_tokens import SpecialTokens
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.byte_pair.algorithm import BytePairAlgorithm, BytePairSettings
from nlpkit.tokenizers.byte_pair.byte_alphabet import to_bytes
from nlpkit.tokenizers.byte_pair.files import (
    BytePairs,
    MergesSource,
    VocabularySource,
    load_byte_pairs,
    read_byte_pairs,
    write_byte_pairs,
)
from nlpkit.tokenizers.byte_pair.pipeline import build_algorithm
from nlpkit.tokenizers.hugging_face_json.part import added_ids


class BytePairTokenizer(Tokenizer):
    """Split text into words, and the bytes of words into tokens of a vocabulary.

    The bytes of a word are merged in pairs, in the order of `merges` (Sennrich et al., 2016,
    arXiv:1508.07909), on bytes as in GPT-2 (Radford et al., 2019): every text can be tokenized, and
    `detokenize` inverts `tokenize` exactly (apart from `normalization` and the space of
    `add_prefix_space`). Ids that end within a character detokenize to U+FFFD.

    Tokens are written in GPT-2's alphabet of printable characters, one per byte: a space is "Ġ", a
    line break "Ċ".

    A special token in a text is plain text, unless `special_tokens_in_strings`; only one that is a
    single byte or the result of merges can result from text.

    With `pure_graph`, `split_pattern` must be a name; merges are assumed to come from training, so
    two tokens whose concatenation is a token, but not by a merge, are never neighbors; and
    `normalization` is TensorFlow's, which knows Unicode 10 only and leaves some 120 rare combining
    marks in place.

    Args:
        vocabulary: dict or path. Token to id, or a vocab.json; or bytes to rank, or a file of
            tiktoken's ranks, with tiktoken's ids. Ids may have gaps.
        merges: list or path. Merges as "a b" or pairs, or a merges.txt; None for ranks.
        sequence_length: int or None. If set, results are dense and padded or cut to it. Default
            None.
        add_prefix_space: bool. Whether a space is added to text that does not start with one.
            Default False.
        unsplittable_tokens: list of str or None. Tokens of the vocabulary that are always found
            whole in texts, the longest first. Default None.
        dtype: str. An integer dtype, or "string" for tokens in place of ids. Default "int32".
        split_pattern: str. How text is split into words: "gpt2", "llama3", "qwen2", "cl100k",
            "o200k", "tekken", "falcon", or a regular expression (Oniguruma's syntax): its matches,
            and the text between two of them, are words. Default "gpt2".
        normalization: str or None. The Unicode normalization of text: "NFC" (Qwen), "NFD", "NFKC"
            or "NFKD". Default None.
        ignore_merges: bool or None. Whether a word that is a token becomes that token even if
            merges would give another result (Llama 3, tiktoken). Default None: for ranks.
        pipeline: str or None. JSON: the steps of a Hugging Face tokenizer.json that the five
            arguments above cannot express; the native engine then runs them instead.
            `from_tokenizer_json` sets it. Default None.
        **kwargs: the other arguments of `Tokenizer`. `special_tokens` may be a dict of token to id:
            missing ones are added to the vocabulary, since tiktoken's ranks have none. `errors`
            also applies to bytes that the vocabulary lacks (Falcon's lacks 28): "strict" raises,
            the others drop them, as the published tokenizer does.

    Raises:
        ValueError: `vocabulary` is neither a dict nor a path, a file is missing or malformed, a
            merge or a special token is not in the vocabulary, or an id is already used; when
            called, the vocabulary lacks a byte of the text.

    Example:
        >>> vocabulary, merges = nlpkit.tokenizers.compute_byte_pair_vocabulary(["low lower"], 260)
        >>> tokenizer = nlpkit.tokenizers.BytePairTokenizer(vocabulary, merges)
        >>> tokenizer("low")
        [257]
        >>> tokenizer.detokenize(tokenizer("Löwe, 狮子"))
        'Löwe, 狮子'
    """

    _pairs = BytePairs({}, [], are_ranks=False)
    vocabulary: Any
    merges: Any
    assets: ClassVar[tuple[str, ...]] = ("vocabulary", "merges")
    packing: ClassVar[Packing | None] = Packing()

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        sequence_length: int | None = None,
        add_prefix_space: bool = False,
        unsplittable_tokens: Sequence[str] | None = None,
        dtype: str = "int32",
        *,
        split_pattern: str = "gpt2",
        normalization: str | None = None,
        ignore_merges: bool | None = None,
        pipeline: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(sequence_length=sequence_length, dtype=dtype, **kwargs)
        self.add_prefix_space = add_prefix_space
        self.unsplittable_tokens = unsplittable_tokens
        self.split_pattern = split_pattern
        self.normalization = normalization
        self.ignore_merges = ignore_merges
        self.pipeline = pipeline
        self.set_vocabulary_and_merges(vocabulary, merges)

    def set_vocabulary_and_merges(
        self, vocabulary: VocabularySource | None, merges: MergesSource | None = None
    ) -> None:
        """Set the vocabulary.

        Args:
            vocabulary: as the constructor takes it; None for none yet.
            merges: as the constructor takes them.

        Raises:
            ValueError: as by the constructor.
        """
        # Keras would wrap every item of a dict or list, which takes seconds.
        object.__setattr__(self, "vocabulary", vocabulary)
        object.__setattr__(self, "merges", merges)
        if vocabulary is None:
            if merges is not None:
                raise ValueError("merges need a vocabulary; got vocabulary=None.")
            self._use(None)
            return
        pairs = read_byte_pairs(vocabulary, merges)
        ids = _with_added_tokens(pairs.ids, self._file_tokens(), "pipeline")
        given = self.special_tokens if isinstance(self.special_tokens, dict) else {}
        known = Vocabulary(_with_added_tokens(ids, given, "special_tokens"))
        special = self._look_up_special_tokens(known)
        unsplittable = self._known_unsplittable(known)
        self._use(self._build_algorithm(known, pairs, special), special, unsplittable)
        self._pairs = pairs

    def _known_unsplittable(self, vocabulary: Vocabulary) -> Sequence[str]:
        tokens = self.unsplittable_tokens or ()
        if lacking := [token for token in tokens if token not in vocabulary.ids]:
            raise ValueError(
                f"vocabulary must contain the unsplittable_tokens; it lacks {lacking}."
            )
        return tokens

    def _build_algorithm(
        self, vocabulary: Vocabulary, pairs: BytePairs, special: SpecialTokens
    ) -> Algorithm:
        literal = [*special.ids, *(self.unsplittable_tokens or ()), *self._file_tokens()]
        if self.pipeline is None:
            settings = self._settings(BytePairSettings)
            return BytePairAlgorithm.build(vocabulary, pairs, settings, literal)
        found = self.special_tokens_in_strings
        return build_algorithm(self.pipeline, vocabulary, pairs, special.ids, found, literal)

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary and the merges, or the ranks, to a folder."""
        write_byte_pairs(self._known_pairs(), Path(dir_path))

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary and the merges, or the ranks, from a folder."""
        self.set_vocabulary_and_merges(*load_byte_pairs(FolderFiles.of(dir_path)))

    def save_files(
        self, folder: str | Path, starts_texts: bool = True, text_end: str | None = None
    ) -> list[str]:
        from nlpkit.tokenizers.byte_pair.folder import write_folder

        return write_folder(self, Path(folder), starts_texts, text_end)

    @classmethod
    def reads(cls, folder: FolderFiles) -> bool:
        from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import kind_of

        kind = kind_of(folder)
        return folder.has("vocab.json") if kind is None else kind == "bytes"

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        from nlpkit.tokenizers.byte_pair.folder import read_folder

        return cls._from_read(read_folder(FolderFiles.of(folder), config), arguments)

    def _file_tokens(self) -> dict[str, int]:
        """The added tokens of the pipeline."""
        return added_ids(json.loads(self.pipeline)) if self.pipeline else {}

    def _known_pairs(self) -> BytePairs:
        self._known()  # Raises an error if there is no vocabulary.
        return self._pairs

    def _asset_arguments(self) -> dict[str, Any]:
        if not self.has_vocabulary:
            return {}
        pairs = self._known_pairs()
        if pairs.are_ranks:
            return {"vocabulary": {to_bytes(t): i for t, i in pairs.ids.items()}}
        return {"vocabulary": pairs.ids, "merges": pairs.merges}


def _with_added_tokens(
    ids: dict[str, int], added: Mapping[str, int], argument: str
) -> dict[str, int]:
    """Add tokens with given ids to the vocabulary."""
    taken = {i: token for token, i in ids.items()} if added else {}
    for token, i in added.items():
        if (ids.get(token, i), taken.get(i, token)) != (i, token):
            raise ValueError(
                f"{argument} gives {token!r} the id {i}, but vocabulary has {taken.get(i)!r} "
                f"there, and {token!r} at {ids.get(token)}."
            )
    return {**ids, **added}
