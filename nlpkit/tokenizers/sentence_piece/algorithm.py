"""SentencePiece: text normalized, and split into the pieces of a model."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sentencepiece import SentencePieceProcessor

from nlpkit._types import TensorFlowTensor
from nlpkit.tokenizers.base.encoding import Spans
from nlpkit.tokenizers.base.text_normalizer import TextNormalizer
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.sentence_piece.hugging_face.pipeline_processor import PipelineProcessor
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind, SentencePieceProto
from nlpkit.tokenizers.sentence_piece.source import build_processor, is_findable, is_json
from nlpkit.tokenizers.sentence_piece.spans import spans

Arrange = Callable[[Sequence[Piece]], Sequence[Piece]]
# What runs a model, or a tokenizer.json in its place.
Processor = SentencePieceProcessor | PipelineProcessor


@dataclass(frozen=True)
class SentencePieceSettings:
    """The arguments of a `SentencePieceTokenizer` that bear on the text before the model."""

    replacements: Mapping[str, str] | None
    strip_accents: bool
    lowercase: bool

    def normalizer(self) -> TextNormalizer:
        """Build what these settings stand for."""
        return TextNormalizer(self.replacements or {}, self.strip_accents, self.lowercase)


@dataclass(frozen=True)
class SentencePieceAlgorithm:
    """The algorithm of a `SentencePieceTokenizer`.

    Attributes:
        vocabulary: `Vocabulary`.
        data: bytes. The model that the processor runs, or a tokenizer.json.
        processor: `Processor`.
        settings: `SentencePieceSettings`.
        normalizer: `TextNormalizer`, as they say.
        finds_tokens: bool. Whether the processor finds special tokens by itself.
    """

    vocabulary: Vocabulary
    data: bytes
    processor: Processor
    settings: SentencePieceSettings
    normalizer: TextNormalizer
    finds_tokens: bool

    @classmethod
    def build(
        cls,
        data: bytes,
        settings: SentencePieceSettings,
        special: Collection[str],
        arrange: Arrange | None,
        found: bool,
    ) -> "SentencePieceAlgorithm":
        """Build the algorithm of a model.

        Args:
            data: bytes. The model, or a tokenizer.json.
            settings: `SentencePieceSettings`.
            special: special tokens, which are not found in text.
            arrange: function or None. Returns the pieces of a model in the order of their ids.
            found: bool. Whether a tokenizer.json finds the special tokens after all.

        Raises:
            ValueError: the bytes are neither.
        """
        normalizer = settings.normalizer()
        if is_json(data):
            pipeline = PipelineProcessor(data, special, found)
            return cls(Vocabulary(pipeline.ids), data, pipeline, settings, normalizer, found)
        processor = build_processor(data)
        # Reading every piece takes a second for the largest models.
        if arrange is not None or is_findable(processor, special):
            arranged = _arranged(data, special, arrange)
            processor = processor if arranged == data else build_processor(arranged)
            data = arranged
        vocabulary = Vocabulary(processor.id_to_piece(list(range(processor.get_piece_size()))))
        return cls(vocabulary, data, processor, settings, normalizer, finds_tokens=False)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        ids: list[list[int]] = self.processor.encode(self.normalizer(texts))
        return ids

    def spans(self, text: str) -> Spans:
        return spans(self.processor, text, self.normalizer)

    def decode(self, ids: Sequence[int]) -> str:
        text: str = self.processor.decode(list(ids))
        return text

    def graph_encode(self, texts: TensorFlowTensor) -> Any:
        from nlpkit.tokenizers.sentence_piece.graph_tensorflow import graph_ids

        return graph_ids(self, texts)


def _arranged(data: bytes, special: Collection[str], arrange: Arrange | None) -> bytes:
    """The model with its pieces arranged, and with special tokens hidden from text."""
    model = SentencePieceProto.parse(data)
    pieces = model.pieces if arrange is None else arrange(model.pieces)
    return model.with_pieces(_hidden(p) if p.text in special else p for p in pieces).to_bytes()


def _hidden(piece: Piece) -> Piece:
    findable = piece.kind in (PieceKind.NORMAL, PieceKind.USER_DEFINED)
    return piece._replace(kind=PieceKind.CONTROL) if findable else piece
