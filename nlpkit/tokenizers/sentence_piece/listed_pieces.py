"""SentencePiece models whose pieces have the ids of a vocabulary of their own, as in Marian."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sentencepiece import SentencePieceProcessor

from nlpkit._types import TensorFlowTensor
from nlpkit.tokenizers.base.encoding import Spans
from nlpkit.tokenizers.base.text_normalizer import TextNormalizer
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.sentence_piece.source import build_processor
from nlpkit.tokenizers.sentence_piece.spans import spans

_CODE = re.compile(r">>.*?<<", re.DOTALL)
_PLAIN = TextNormalizer({}, False, False)


@dataclass(frozen=True)
class ListedPieces:
    """Splits text into the pieces of a model, and looks these up in a vocabulary.

    What text begins with between ">>" and "<<", such as a language's code, is one piece. Pieces
    that the vocabulary lacks are unknown; it may have some that the model lacks.

    Attributes:
        vocabulary: `Vocabulary`.
        data: bytes. The model.
        processor: what runs it.
        unknown: int. The id of the unknown token.
        hidden: tokens that are no part of decoded text.
    """

    vocabulary: Vocabulary
    data: bytes
    processor: SentencePieceProcessor
    unknown: int
    hidden: frozenset[str]
    finds_tokens: ClassVar[bool] = False

    @classmethod
    def build(
        cls, vocabulary: Vocabulary, data: bytes, unknown: int, hidden: frozenset[str]
    ) -> "ListedPieces":
        """Build the algorithm of a model.

        Raises:
            ValueError: the bytes are not a SentencePiece model.
        """
        return cls(vocabulary, data, build_processor(data), unknown, hidden)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        codes, rests = zip(*map(_split, texts), strict=True) if texts else ((), ())
        rows = self.processor.encode(list(rests), out_type=str)
        return [self._ids([*code, *row]) for code, row in zip(codes, rows, strict=True)]

    def spans(self, text: str) -> Spans:
        return Spans.join(self._spans_of_parts(text))

    def decode(self, ids: Sequence[int]) -> str:
        tokens = [self.vocabulary.tokens[i] for i in ids]
        text: str = self.processor.decode_pieces([t for t in tokens if t not in self.hidden])
        # Pieces that the model lacks are left as they are.
        return text.replace("▁", " ").strip()

    def graph_encode(self, texts: TensorFlowTensor) -> Any:
        from nlpkit.tokenizers.sentence_piece.graph_tensorflow import graph_listed

        return graph_listed(self.data, self.vocabulary.ids, self.unknown, texts)

    def _ids(self, pieces: Sequence[str]) -> list[int]:
        ids = self.vocabulary.ids
        return [ids.get(piece, self.unknown) for piece in pieces]

    def _spans_of_parts(self, text: str) -> Iterator[tuple[int, Spans]]:
        code, rest = _split(text)
        start = len(text) - len(rest)
        if code:
            yield 0, Spans.whole(self._ids(code)[0], text[:start])
        pieces = self.processor.encode(rest, out_type=str)
        yield start, spans(self.processor, rest, _PLAIN)._replace(ids=self._ids(pieces))


def _split(text: str) -> tuple[list[str], str]:
    """The code that a text begins with, if it does, and the rest."""
    found = _CODE.match(text)
    return ([found[0]], text[found.end() :]) if found else ([], text)
