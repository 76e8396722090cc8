"""Algorithm: how texts become ids, and ids text."""

from collections.abc import Sequence
from typing import Any, Protocol

from nlpkit._types import TensorFlowTensor
from nlpkit.tokenizers.base.encoding import Spans
from nlpkit.tokenizers.base.vocabulary import Vocabulary


class Algorithm(Protocol):
    """What a `Tokenizer` runs: how texts become ids, and ids text.

    It is made of a vocabulary and settings and never changes: with another vocabulary, a tokenizer
    gets another algorithm. Texts come to it valid, and ids are in the vocabulary. Forms of input,
    padding and dtypes are the tokenizer's business, and so are special tokens in texts, unless the
    algorithm `finds_tokens`.
    """

    @property
    def vocabulary(self) -> Vocabulary:
        """The tokens and their ids."""

    @property
    def finds_tokens(self) -> bool:
        """Whether it finds by itself the tokens that are never split in texts."""

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """The ids of each text."""

    def spans(self, text: str) -> Spans:
        """The ids of one text, and their spans in it."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids."""

    def graph_encode(self, texts: TensorFlowTensor) -> Any:
        """The ids of a `tf` tensor of texts, `[n]`, as a ragged tensor, by TensorFlow alone."""
