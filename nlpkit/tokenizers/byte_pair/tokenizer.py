"""BytePairTokenizer: byte-level byte-pair encoding (BPE)."""

import json
import os
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from nlpkit._config import argument_names
from nlpkit._types import TensorFlowTensor
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.tokenizers.base.chunk_memo import ChunkMemo
from nlpkit.tokenizers.base.encoding import Spans
from nlpkit.tokenizers.base.native_engine import native_ids, native_text, spans
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.byte_pair.byte_alphabet import ByteDecoder, to_bytes
from nlpkit.tokenizers.byte_pair.engine import BytePairEngine, Chunks
from nlpkit.tokenizers.byte_pair.files import (
    MergesSource,
    VocabularySource,
    load_byte_pairs,
    read_byte_pairs,
    write_byte_pairs,
)
from nlpkit.tokenizers.hugging_face_json.part import added_ids
from nlpkit.tokenizers.hugging_face_json.pipeline import (
    build_pipeline,
    content_of,
    is_byte_level,
    refuse_pipeline_in_graph,
    shown,
)


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

    _pairs: Any = None
    _engine: Any = None
    _memo: Any = None
    _decoder: Any = None
    _chunks: Any = None
    assets: ClassVar[tuple[str, ...]] = ("vocabulary", "merges")

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
        self._pairs = read_byte_pairs(vocabulary, merges)
        ids = _with_added_tokens(self._pairs.ids, self._file_tokens(), "pipeline")
        special = self.special_tokens if isinstance(self.special_tokens, dict) else {}
        self._use(Vocabulary(_with_added_tokens(ids, special, "special_tokens")))
        self._start_engine()

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary and the merges, or the ranks, to a folder."""
        self._known()
        write_byte_pairs(self._pairs, Path(dir_path))

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary and the merges, or the ranks, from a folder."""
        self.set_vocabulary_and_merges(*load_byte_pairs(FolderFiles.of(dir_path)))

    def save_files(self, folder: str | Path) -> list[str]:
        from nlpkit.tokenizers.byte_pair.folder import write_folder

        return write_folder(self, Path(folder))

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        from nlpkit.tokenizers.byte_pair.folder import read_folder

        read = read_folder(FolderFiles.of(folder), config)
        known = argument_names(cls)
        return cls(**{name: value for name, value in read.items() if name in known} | arguments)

    def _start_engine(self) -> None:
        special = {token: self.token_to_id(token) for token in self._all_special_tokens()}
        unspellable = [*special, *(self.unsplittable_tokens or ()), *self._file_tokens()]
        native = None
        if self.pipeline is not None:
            content = content_of(self.pipeline, self._pairs.ids, self._pairs.merges)
            native = build_pipeline(content, special, self.special_tokens_in_strings)
        self._engine = BytePairEngine(self._pairs, self, unspellable, native)
        self._decoder = ByteDecoder(self._known().tokens, unspellable)
        prefix = self.add_prefix_space and native is None
        chunks = Chunks(self.split_pattern, self.normalization, prefix)
        chunks.whole |= native is not None
        self._memo = ChunkMemo(self._engine.native, chunks.split, chunks.spell, chunks.separator)
        self._chunks = chunks

    def _file_tokens(self) -> dict[str, int]:
        """The added tokens of the pipeline."""
        return added_ids(json.loads(self.pipeline)) if self.pipeline else {}

    def _tokens_found_whole(self) -> list[str]:
        if self.pipeline is not None:
            return []  # The pipeline finds them.
        return [*super()._tokens_found_whole(), *(self.unsplittable_tokens or ())]

    def _check_special_tokens(self, vocabulary: Vocabulary) -> None:
        super()._check_special_tokens(vocabulary)
        lacking = [t for t in self.unsplittable_tokens or () if t not in vocabulary.ids]
        if lacking:
            raise ValueError(
                f"vocabulary must contain the unsplittable_tokens; it lacks {lacking}."
            )

    def _ids(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        rows: Sequence[Sequence[int]]
        if self._chunks.whole:
            rows = list(native_ids(self._engine.native, list(map(self._chunks.prefixed, texts))))
        else:
            rows = self._memo(texts)
        self._check_known(texts, rows)
        return rows

    def _spans(self, text: str) -> Spans:
        found = spans(self._engine.native, self._chunks.prefixed(text))
        self._check_known([text], [found.ids])
        starts, ends = found.starts, found.ends
        if self._chunks.needs_prefix(text):
            starts, ends = ([max(i - 1, 0) for i in indices] for indices in (starts, ends))
        if self.normalization is not None and self.pipeline is None:
            ends = _without_gaps(starts, ends, len(text))
        return Spans(found.ids, starts, ends, found.words)

    def _text(self, ids: list[int]) -> str:
        if self.pipeline is None or is_byte_level(json.loads(self.pipeline)):
            return self._decoder(ids)
        return shown(native_text(self._engine.native, ids))

    def _graph_ids(self, texts: TensorFlowTensor) -> Any:
        refuse_pipeline_in_graph(self.pipeline)
        from nlpkit.tokenizers.byte_pair.graph_tensorflow import graph_ids

        return graph_ids(self, texts)

    def _asset_arguments(self) -> dict[str, Any]:
        if self._vocabulary is None:
            return {}
        if self._pairs.are_ranks:
            return {"vocabulary": {to_bytes(t): i for t, i in self._pairs.ids.items()}}
        return {"vocabulary": self._pairs.ids, "merges": self._pairs.merges}

    def _check_known(self, texts: Sequence[str], rows: Sequence[Sequence[int]]) -> None:
        unknown = self._engine.unknown_id
        if unknown is None:
            return
        for text, row in zip(texts, rows, strict=True):
            if unknown in row:
                missing = self._engine.missing
                raise ValueError(
                    f"vocabulary must contain every byte of a text; it lacks {len(missing)} bytes, "
                    f"such as {missing[:8]!r}, some of which are in the text {text!r:.60}. Pass "
                    'errors="ignore" to the tokenizer to drop them.'
                )


def _without_gaps(starts: Sequence[int], ends: Sequence[int], length: int) -> list[int]:
    """The ends of spans, including characters that normalization composed with the previous one."""
    bounds = [*starts, length]
    return [bounds[bisect_left(bounds, end)] for end in ends]


def _with_added_tokens(ids: dict[str, int], added: dict[str, int], argument: str) -> dict[str, int]:
    """Add tokens with given ids to the vocabulary."""
    taken = {i: token for token, i in ids.items()} if added else {}
    for token, i in added.items():
        if (ids.get(token, i), taken.get(i, token)) != (i, token):
            raise ValueError(
                f"{argument} gives {token!r} the id {i}, but vocabulary has {taken.get(i)!r} "
                f"there, and {token!r} at {ids.get(token)}."
            )
    return {**ids, **added}
