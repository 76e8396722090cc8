"""SentencePieceTokenizer: SentencePiece models."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from nlpkit._config import argument_names
from nlpkit._types import TensorFlowTensor
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.tokenizers.base.encoding import Spans
from nlpkit.tokenizers.base.text_normalizer import TextNormalizer
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.hugging_face_json.text_growth import check_growth
from nlpkit.tokenizers.sentence_piece.engine import PipelineProcessor
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind, SentencePieceProto
from nlpkit.tokenizers.sentence_piece.source import (
    MODEL_BYTES,
    ProtoSource,
    build_processor,
    is_findable,
    is_json,
    read_proto,
)
from nlpkit.tokenizers.sentence_piece.spans import spans

_ASSET_FILE = "vocabulary.spm"
_AFFIXES = ("add_bos", "add_eos")


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

    _engine: Any = None
    _data: bytes = b""
    _engine_data: bytes = b""
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
        self._normalizer = TextNormalizer(replacements or {}, strip_accents, lowercase)
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
            self._data = read_proto(proto)
            self._use(Vocabulary(self._start_engine()))
            self._check_affixes()
        self.proto = proto

    def _start_engine(self) -> Any:
        """Build the engine of the model; return its tokens."""
        if is_json(self._data):
            self._engine_data = self._data
            found = self.special_tokens_in_strings and not self.pure_graph
            special = self._all_special_tokens()
            self._engine: Any = PipelineProcessor(self._data, special, found)
            return self._engine.ids
        self._engine = build_processor(self._data)
        self._engine_data = self._arranged(self._data)
        if self._engine_data != self._data:
            self._engine = build_processor(self._engine_data)
        return self._engine.id_to_piece(list(range(self._engine.get_piece_size())))

    @property
    def _is_json(self) -> bool:
        return self._vocabulary is not None and is_json(self._data)

    def save_assets(self, dir_path: str) -> None:
        """Write the model to a folder."""
        self._known()
        (Path(dir_path) / _ASSET_FILE).write_bytes(self._data)

    def load_assets(self, dir_path: str) -> None:
        """Read the model from a folder."""
        self.set_proto(FolderFiles.of(dir_path).read(_ASSET_FILE, MODEL_BYTES))

    def save_files(self, folder: str | Path) -> list[str]:
        self._known()
        if self._is_json:
            from nlpkit.tokenizers.sentence_piece.folder import write_folder

            return write_folder(self, self._engine.content, Path(folder))
        (Path(folder) / self.proto_file).write_bytes(self._data)
        return [self.proto_file]

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        from nlpkit.tokenizers.sentence_piece.folder import read_folder

        arranged = cls._arrange is not SentencePieceTokenizer._arrange
        read = read_folder(FolderFiles.of(folder), config, cls.proto_file, arranged)
        known = argument_names(cls)
        return cls(**{name: value for name, value in read.items() if name in known} | arguments)

    def _arrange(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """The pieces of a model in the order of their ids.

        A family whose ids are not those of its file overrides it: T5 adds its sentinels (as
        `Piece("<extra_id_0>", kind=PieceKind.CONTROL)`), XLM-RoBERTa puts `<pad>` among the first
        and `<mask>` last. The engine then has these ids in every mode; the original model is
        saved.
        """
        return pieces

    def _arranged(self, data: bytes) -> bytes:
        """The model to run: arranged, and with special tokens hidden from text."""
        special = self._all_special_tokens()
        as_is = type(self)._arrange is SentencePieceTokenizer._arrange
        if as_is and not is_findable(self._engine, special):
            return data  # Reading every piece takes a second for the largest models.
        model = SentencePieceProto.parse(data)
        pieces = self._arrange(model.pieces)
        return model.with_pieces(_hidden(p) if p.text in special else p for p in pieces).to_bytes()

    def _check_affixes(self) -> None:
        for name in _AFFIXES:
            if getattr(self, name) and self._affix_id(name) < 0:
                raise ValueError(f"{name} must be False: the model has no {name[4:]} piece.")

    def _tokens_found_whole(self) -> list[str]:
        by_itself = is_json(self._data) and not self.pure_graph
        return [] if by_itself else super()._tokens_found_whole()

    def _affix_id(self, name: str) -> int:
        return int(self._engine.bos_id() if name == "add_bos" else self._engine.eos_id())

    @property
    def _affixes(self) -> tuple[list[int], list[int]]:
        first, last = ([self._affix_id(n)] if getattr(self, n) else [] for n in _AFFIXES)
        return first, last

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        ids: list[list[int]] = self._engine.encode(self._normalizer(texts))
        return ids

    def _spans(self, text: str) -> Spans:
        return spans(self._engine, text, self._normalizer)

    def _text(self, ids: list[int]) -> str:
        text: str = self._engine.decode(ids)
        return text

    def _graph_ids(self, texts: TensorFlowTensor) -> Any:
        from nlpkit.tokenizers.sentence_piece.graph_tensorflow import graph_ids

        return graph_ids(self, texts)

    def _asset_arguments(self) -> dict[str, Any]:
        return {"proto": self._vocabulary and self._data}


def _hidden(piece: Piece) -> Piece:
    """The piece, hidden from text."""
    findable = piece.kind in (PieceKind.NORMAL, PieceKind.USER_DEFINED)
    return piece._replace(kind=PieceKind.CONTROL) if findable else piece
