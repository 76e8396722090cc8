"""SentencePieceTokenizer: SentencePiece models."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.hugging_face_json.text_growth import check_growth
from nlpkit.tokenizers.sentence_piece.algorithm import (
    Processor,
    SentencePieceAlgorithm,
    SentencePieceSettings,
)
from nlpkit.tokenizers.sentence_piece.proto import Piece
from nlpkit.tokenizers.sentence_piece.source import (
    MODEL_BYTES,
    ProtoSource,
    is_json,
    proto_file,
    read_proto,
)

_ASSET_FILE = "vocabulary.spm"


class SentencePieceTokenizer(Tokenizer):
    """Split text into the pieces of a SentencePiece model.

    A model (Kudo & Richardson, 2018, arXiv:1808.06226) normalizes text, writes spaces as "▁", and
    finds the most probable pieces ("unigram", Kudo, 2018, arXiv:1804.10959) or merges them by rank
    ("bpe"). Characters it lacks become its unknown piece or, with byte fallback, their bytes. Ids
    and decoding are those of the library `sentencepiece`, with one difference: a user-defined piece
    that is a special token is not found in text, unless `special_tokens_in_strings`. With special
    tokens found in strings, the text on each side of one is tokenized separately, each with the
    model's own leading space.

    `detokenize` is the decoding of `sentencepiece`: it inverts neither normalization nor unknown
    pieces (" ⁇ "), removes the leading space, and drops control pieces ("</s>").

    In `encode`, the span of a piece that starts with "▁" includes the space, the bytes of a
    character all have its span, and a word starts at whitespace.

    With `pure_graph`, tensorflow-text's operations run; a tokenizer.json must then be equivalent to
    a SentencePiece model. Of equally probable segmentations, such as "s" and "ss" in either order
    for "sss", they choose another one in rare texts if the model has byte fallback, and hardly ever
    otherwise.

    Args:
        proto: str, path or bytes. The model: a file, its bytes, or these as a base64 str. It may be
            a Hugging Face tokenizer.json, which the library `tokenizers` then runs.
        sequence_length: int or None. If set, results are dense and padded or cut to it. Default
            None.
        dtype: str. An integer dtype, or "string" for pieces in place of ids. Default "int32".
        add_bos: bool. Whether ids start with the model's beginning-of-sentence piece. Default
            False.
        add_eos: bool. Whether ids end with its end-of-sentence piece. Default False.
        lowercase: bool. Whether text is lowercased before the model, as in ALBERT. Default False.
        strip_accents: bool. Whether text is decomposed (NFKD) and accents are removed before that,
            as in ALBERT and XLNet. Default False.
        replacements: dict of str to str or None. Replacements before all that, such as
            {"``": '"', "''": '"'} for ALBERT and XLNet. Default None.
        **kwargs: the other arguments of `Tokenizer`: `truncation`, `special_tokens`,
            `special_tokens_in_strings`, `errors`, `pure_graph`, `name`.

    Raises:
        TypeError: `proto` is of another type.
        ValueError: it is not a SentencePiece model, lacks a special token, or lacks the piece that
            `add_bos` or `add_eos` needs.

    Example:
        >>> proto = nlpkit.tokenizers.compute_sentence_piece_proto(["the quick brown fox"], 20)
        >>> tokenizer = nlpkit.tokenizers.SentencePieceTokenizer(proto)
        >>> tokenizer.detokenize(tokenizer("the brown fox"))
        'the brown fox'
    """

    _data: bytes = b""
    assets: ClassVar[tuple[str, ...]] = ("proto",)
    proto_file: ClassVar[str] = "tokenizer.model"  # its name in a Hugging Face folder

    def __init__(
        self,
        proto: ProtoSource | None = None,
        sequence_length: int | None = None,
        dtype: str = "int32",
        add_bos: bool = False,
        add_eos: bool = False,
        *,
        lowercase: bool = False,
        strip_accents: bool = False,
        replacements: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(sequence_length=sequence_length, dtype=dtype, **kwargs)
        if replacements and "" in replacements:
            raise ValueError(f"replacements must not replace the empty string; got {replacements}.")
        lengths = [(len(old), len(new)) for old, new in (replacements or {}).items()]
        check_growth("replacements", lengths)
        self.add_bos = add_bos
        self.add_eos = add_eos
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.replacements = replacements
        self.set_proto(proto)

    def set_proto(self, proto: ProtoSource | None) -> None:
        """Set the model.

        Args:
            proto: path, bytes or base64 str of the model; None for none yet.

        Raises:
            TypeError: `proto` is of another type.
            ValueError: it is not a SentencePiece model, or lacks a required piece.
        """
        if proto is None:
            self._use(None)
        else:
            data = read_proto(proto)
            algorithm = self._build_algorithm(data)
            special = self._look_up_special_tokens(algorithm.vocabulary)
            self._use(algorithm, special, affixes=self._affixes(algorithm.processor))
            self._data = data
        self.proto = proto

    def _build_algorithm(self, data: bytes) -> SentencePieceAlgorithm:
        settings = self._settings(SentencePieceSettings)
        arrange = self._arrange if self._arranges() else None
        found = self.special_tokens_in_strings and not self.pure_graph
        special = [*self.special_tokens_map.values(), *(self.special_tokens or ())]
        return SentencePieceAlgorithm.build(data, settings, special, arrange, found)

    def _affixes(self, processor: Processor) -> tuple[list[int], list[int]]:
        """The ids that start and end every text."""
        first = [processor.bos_id()] if self.add_bos else []
        last = [processor.eos_id()] if self.add_eos else []
        for name, ids in (("bos", first), ("eos", last)):
            if -1 in ids:
                raise ValueError(f"add_{name} must be False: the model has no {name} piece.")
        return first, last

    def save_assets(self, dir_path: str) -> None:
        """Write the model to a folder."""
        self._known()
        (Path(dir_path) / _ASSET_FILE).write_bytes(self._data)

    def load_assets(self, dir_path: str) -> None:
        """Read the model from a folder."""
        self.set_proto(FolderFiles.of(dir_path).read(_ASSET_FILE, MODEL_BYTES))

    def save_files(
        self, folder: str | Path, starts_texts: bool = True, text_end: str | None = None
    ) -> list[str]:
        from nlpkit.tokenizers.sentence_piece.hugging_face.folder import write_folder

        self._known()
        model = self._build_algorithm(self._data)  # The running one may find tokens around it.
        names = write_folder(self, model, Path(folder), starts_texts, text_end)
        if is_json(self._data):
            return names
        (Path(folder) / self.proto_file).write_bytes(self._data)
        return [self.proto_file, *names]

    @classmethod
    def reads(cls, folder: FolderFiles) -> bool:
        from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import kind_of

        kind = kind_of(folder)
        return proto_file(folder, cls.proto_file) is not None if kind is None else kind == "pieces"

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        from nlpkit.tokenizers.sentence_piece.hugging_face.folder import read_folder

        read = read_folder(FolderFiles.of(folder), config, cls.proto_file, cls._arranges())
        return cls._from_read(read, arguments)

    def _arrange(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """The pieces of a model in the order of their ids.

        A family whose ids are not those of its file overrides it: T5 adds its sentinels (as
        `Piece("<extra_id_0>", kind=PieceKind.CONTROL)`), XLM-RoBERTa puts `<pad>` among the first
        and `<mask>` last. The engine then has these ids in every mode; the original model is
        saved.
        """
        return pieces

    @classmethod
    def _arranges(cls) -> bool:
        """Whether ids are not those of the model's file."""
        return cls._arrange is not SentencePieceTokenizer._arrange

    def _asset_arguments(self) -> dict[str, Any]:
        return {"proto": self._data if self.has_vocabulary else None}
