"""The steps of a Hugging Face `tokenizer.json` as an algorithm, run by the native engine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NoReturn

from tokenizers import Tokenizer as NativeTokenizer

from nlpkit._types import TensorFlowTensor
from nlpkit.tokenizers.base.encoding import Spans
from nlpkit.tokenizers.base.native_engine import native_ids, spans
from nlpkit.tokenizers.base.vocabulary import Vocabulary


@dataclass(frozen=True)
class PipelineAlgorithm:
    """The algorithm of a tokenizer with a `pipeline`.

    Attributes:
        vocabulary: `Vocabulary`.
        native: `tokenizers.Tokenizer`.
        decoder: function of ids that returns their text.
    """

    vocabulary: Vocabulary
    native: NativeTokenizer
    decoder: Callable[[Sequence[int]], str]
    finds_tokens: ClassVar[bool] = True

    def encode(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        return list(native_ids(self.native, texts))

    def spans(self, text: str) -> Spans:
        return spans(self.native, text)

    def decode(self, ids: Sequence[int]) -> str:
        return self.decoder(ids)

    def graph_encode(self, texts: TensorFlowTensor) -> NoReturn:
        raise ValueError(
            "pure_graph=True needs pipeline=None: TensorFlow has no operations for the steps of "
            "this tokenizer.json. Use pure_graph=False."
        )
