"""Tokens that an algorithm does not make: those found whole in texts, and those around them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from nlpkit._types import TensorFlowTensor
from nlpkit.tokenizers.base.algorithm import Algorithm
from nlpkit.tokenizers.base.encoding import Spans
from nlpkit.tokenizers.base.vocabulary import Vocabulary


class WholeTokens:
    """Finds tokens in texts, the longest first.

    Args:
        ids: dict of token to id; if empty, nothing is found.

    Attributes:
        ids: dict of token to id.
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        self.ids = dict(ids)
        longest_first = sorted(self.ids, key=len, reverse=True)
        self._pattern = re.compile(f"({'|'.join(map(re.escape, longest_first))})")

    def __bool__(self) -> bool:
        return bool(self.ids)

    @property
    def tokens(self) -> list[str]:
        """The tokens, the longest first."""
        return sorted(self.ids, key=len, reverse=True)

    def find(self, text: str) -> str | None:
        """Find the first of the tokens in a text; None if there is none."""
        found = self._pattern.search(text) if self.ids else None
        return found and found[0]

    def split(self, text: str) -> list[str]:
        """Split a text into the tokens found in it and the text between them."""
        return [part for part in self._pattern.split(text) if part] if self.ids else [text]


@dataclass(frozen=True)
class _Around:
    """An algorithm around another one.

    Attributes:
        algorithm: `Algorithm`.
    """

    algorithm: Algorithm

    @property
    def vocabulary(self) -> Vocabulary:
        return self.algorithm.vocabulary

    @property
    def finds_tokens(self) -> bool:
        return self.algorithm.finds_tokens

    def decode(self, ids: Sequence[int]) -> str:
        return self.algorithm.decode(ids)


@dataclass(frozen=True)
class WithWholeTokens(_Around):
    """Finds tokens in texts; the algorithm tokenizes what is between them.

    Attributes:
        whole: `WholeTokens`.
        within: bool. Whether they are found within texts; otherwise a text may only be such a
            token.
    """

    whole: WholeTokens
    within: bool

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        if not any(map(self.whole.find, texts)):  # As in most texts.
            return self.algorithm.encode(texts)
        ids, rows = self.whole.ids, list(map(self._parts, texts))
        found = self.algorithm.encode([p for p in chain.from_iterable(rows) if p not in ids])
        between: Iterator[Sequence[int]] = iter(found)
        return [[i for p in r for i in ((ids[p],) if p in ids else next(between))] for r in rows]

    def spans(self, text: str) -> Spans:
        if self.whole.find(text) is None:
            return self.algorithm.spans(text)
        return Spans.join(self._spans_of_parts(text))

    def graph_encode(self, texts: TensorFlowTensor) -> Any:
        from nlpkit.tokenizers.tf_data.added_tokens_tensorflow import encode_around

        return encode_around(self.whole, texts, self.algorithm.graph_encode)

    def _parts(self, text: str) -> list[str]:
        return self.whole.split(text) if self.within else [text]

    def _spans_of_parts(self, text: str) -> Iterator[tuple[int, Spans]]:
        start = 0
        for part in self._parts(text):
            whole = self.whole.ids.get(part)
            yield start, self.algorithm.spans(part) if whole is None else Spans.whole(whole, part)
            start += len(part)


@dataclass(frozen=True)
class WithAffixes(_Around):
    """Puts ids before and after those of every text.

    Attributes:
        first: list of int.
        last: list of int.
    """

    first: Sequence[int]
    last: Sequence[int]

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        first, last = self.first, self.last
        return [[*first, *row, *last] for row in self.algorithm.encode(texts)]

    def spans(self, text: str) -> Spans:
        first, last = Spans.empty(self.first), Spans.empty(self.last)
        return Spans.join([(0, first), (0, self.algorithm.spans(text)), (len(text), last)])

    def graph_encode(self, texts: TensorFlowTensor) -> Any:
        from nlpkit.tokenizers.tf_data.added_tokens_tensorflow import with_affixes

        return with_affixes(self.first, self.algorithm.graph_encode(texts), self.last)


def with_added_tokens(
    algorithm: Algorithm,
    whole: Mapping[str, int],
    affixes: tuple[Sequence[int], Sequence[int]],
    within: bool,
) -> Algorithm:
    """An algorithm that adds tokens to those of another one.

    Args:
        algorithm: `Algorithm`.
        whole: dict of token to id. The tokens found whole in texts.
        affixes: the ids before and after those of every text.
        within: bool. Whether tokens are found within texts.
    """
    if whole:
        algorithm = WithWholeTokens(algorithm, WholeTokens(whole), within)
    return WithAffixes(algorithm, *affixes) if any(affixes) else algorithm
