"""Running a tokenizer's algorithm on batches of examples."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from nlpkit._types import TensorFlowTensor
from nlpkit._warning import warn
from nlpkit.layers.preprocessing.truncation import TruncationReport
from nlpkit.ops.ragged import Row, pad_rows
from nlpkit.tokenizers.base.encoding import Encoding, Spans
from nlpkit.tokenizers.base.ids_input import checked_ids
from nlpkit.tokenizers.base.string_input import valid_texts
from nlpkit.tokenizers.base.token_lookup import TokenLookup


class Algorithm(TokenLookup):
    """The part of `Tokenizer` between its public methods and an algorithm.

    An algorithm defines `_ids`, `_spans`, `_text`, and for `pure_graph` `_graph_ids`.
    """

    sequence_length: int | None
    errors: str
    compute_dtype: str
    _report: TruncationReport

    def _ids(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """The ids of each text."""
        raise NotImplementedError(f"{type(self).__name__} must define tokenize.")

    def _spans(self, text: str) -> Spans:
        """The ids of one text, and their spans in it."""
        raise NotImplementedError(f"{type(self).__name__} has no encodings.")

    def _text(self, ids: list[int]) -> str:
        """The text of ids that are in the vocabulary."""
        raise NotImplementedError(f"{type(self).__name__} must define detokenize.")

    def _graph_ids(self, texts: TensorFlowTensor) -> Any:
        """The ids of a `tf` tensor of texts, `[n]`, as a ragged tensor, by TensorFlow alone."""
        raise NotImplementedError(f"{type(self).__name__} has no pure_graph mode.")

    def _asset_arguments(self) -> dict[str, Any]:
        """The values of the constructor arguments that are files."""
        return {}

    @property
    def _affixes(self) -> tuple[list[int], list[int]]:
        """The ids that start and end every example."""
        return [], []

    @property
    def _takes_words(self) -> bool:
        """Whether an example is a list of words rather than a text."""
        return False

    def _rows(self, examples: Sequence[Any]) -> Sequence[Sequence[int]]:
        """The ids of each example: a text, or a list of words."""
        first, last = self._affixes
        if first or last:
            return [[*first, *row, *last] for row in self._rows_between(examples)]
        return self._rows_between(examples)

    def _rows_between(self, examples: Sequence[Any]) -> Sequence[Sequence[int]]:
        whole, words = self._whole_tokens, self._takes_words
        if not words:
            examples = valid_texts(examples, self.errors)
            if not whole:
                return self._ids(examples)
        parts = examples if words else [whole.split(text) for text in examples]
        between: Sequence[str] = [p for p in chain.from_iterable(parts) if p not in whole.ids]
        ids = iter(self._ids(valid_texts(between, self.errors) if words else between))
        return [
            [i for p in row for i in ((whole.ids[p],) if p in whole.ids else next(ids))]
            for row in parts
        ]

    def _tokenize_batch(self, examples: Sequence[Any]) -> Any:
        self._report_spelled(examples)
        rows: Sequence[Any] = self._rows(examples)
        string = self.compute_dtype == "string"
        if string:
            tokens = self._known().tokens
            rows = [[tokens[i] for i in row] for row in rows]
        if self.sequence_length is None:
            return [row if isinstance(row, list) else list(row) for row in rows]
        cut = [row[: self.sequence_length] for row in rows]
        self._report_cut(rows, cut, self.sequence_length, "sequence_length")
        value = self._pad_value(string)
        return pad_rows(cut, self.sequence_length, value, self.compute_dtype, "right")

    def _encode_batch(
        self, texts: Sequence[str], max_length: int | None, stride: int | None
    ) -> list[Any]:
        encodings = [self._encoding(text) for text in valid_texts(texts, self.errors)]
        if max_length is None:
            return encodings
        windows = [encoding.windows(max_length, stride or 0) for encoding in encodings]
        if stride is not None:
            return windows
        firsts = [first for first, *_ in windows]
        self._report_cut(encodings, firsts, max_length, "max_length")
        return firsts

    def _encoding(self, text: str) -> Encoding:
        tokens = self._known().tokens
        encoding = Encoding()
        first, last = self._affixes
        encoding.append(Spans.empty(first), tokens, 0)
        start = 0
        for part in self._whole_tokens.split(text):
            whole = self._whole_tokens.ids.get(part)
            spans = self._spans(part) if whole is None else Spans([whole], [0], [len(part)], [0])
            encoding.append(spans, tokens, start)
            start += len(part)
        encoding.append(Spans.empty(last), tokens, start)
        return encoding

    def _report_spelled(self, texts: Sequence[Any]) -> None:
        """Warn, once per tokenizer, if texts contain special tokens that are read as plain text."""
        if self._has_warned or self._whole_tokens or self._takes_words:
            return
        found = next((token for token in map(self._control_tokens.find, texts) if token), None)
        if found:
            self._has_warned = True
            warn(
                f"A text contains the special token {found!r}, read as plain text. For the "
                "token itself, build the tokenizer with special_tokens_in_strings=True "
                "(from_preset takes it too)."
            )

    def _report_cut(
        self, rows: Sequence[Any], cut: Sequence[Any], length: int, argument: str
    ) -> None:
        lost = [len(row) - len(kept) for row, kept in zip(rows, cut, strict=True)]
        self._report(np.array(lost, int), length, argument)

    def _texts(self, rows: Sequence[Row]) -> list[str]:
        return [self._text(checked_ids(row, self._known().tokens)) for row in rows]
