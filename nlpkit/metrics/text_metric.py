"""TextMetric: the base class of metrics that compare texts."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nlpkit._types import DType
from nlpkit.metrics.counted_metric import CountedMetric
from nlpkit.ops.data.ragged import to_rows
from nlpkit.tokenizers.base.string_input import decode_utf8
from nlpkit.tokenizers.base.tokenizer import Tokenizer


class TextMetric(CountedMetric):
    """Base class of metrics that compare texts with references, given as strings or as ids.

    Args:
        tokenizer: `Tokenizer`. Converts ids to texts, without special tokens. None (the default)
            means that of the task it is compiled with; strings need none.

    Call arguments:
        y_true: str, list or array of str, or, if each text has several references, a list of such.
            Or int `[batch, seq]`, the ids of the references.
        y_pred: str, list or array of str. Or int `[batch, seq]`, or float `[batch, seq,
            vocabulary_size]`, logits or probabilities, of which the highest are taken.
        sample_weight: `[batch]` or, for ids, `[batch, seq]`. Texts and tokens of weight 0 are left
            out; other weights count alike. Default None: 1.

    Raises:
        TypeError: `tokenizer` is not a `Tokenizer`.
        ValueError: `y_true` and `y_pred` differ in length, or are ids and there is no tokenizer.
    """

    def __init__(
        self, size: int, /, tokenizer: Tokenizer | None, *, dtype: DType, name: str
    ) -> None:
        super().__init__(size, dtype=dtype, name=name)
        if not isinstance(tokenizer, Tokenizer | None):
            raise TypeError(
                f"tokenizer must be a Tokenizer, which converts ids to texts; got {tokenizer!r}."
            )
        self.tokenizer = tokenizer
        self._other: Tokenizer | None = None

    def use_otherwise(self, tokenizer: Tokenizer | None) -> None:
        """Set the tokenizer to use if there is none, or one revived without its vocabulary."""
        self._other = tokenizer

    def _count(self, references: Any, predictions: Any) -> Sequence[Any]:
        if isinstance(predictions, str | bytes):
            references, predictions = [references], [predictions]
        actual, predicted = self._texts(references, "y_true"), self._texts(predictions, "y_pred")
        if len(actual) != len(predicted):
            raise ValueError(
                f"y_true and y_pred must have the same length; got {len(actual)} and "
                f"{len(predicted)}."
            )
        if not all(actual):
            raise ValueError(f"y_true must have a reference for each text; got {references!r:.80}.")
        if any(len(row) != 1 for row in predicted):
            raise ValueError(f"y_pred must be a text for each row; got {predictions!r:.80}.")
        return self._compare(actual, [text for (text,) in predicted])

    def _compare(self, references: list[list[str]], predictions: list[str]) -> Sequence[Any]:
        """Count texts, not none: a row of numbers for each, given all its references."""
        raise NotImplementedError

    def _texts(self, values: Any, name: str) -> list[list[str]]:
        if not isinstance(next(_leaves(values), 0), int | np.integer):
            return [[_decoded(x, name) for x in _leaves(row)] for row in values]
        tokenizer = self.tokenizer
        if self._other is not None and not (tokenizer and tokenizer.has_vocabulary):
            tokenizer = self._other
        if tokenizer is None:
            raise ValueError(f"{name} are ids, which need tokenizer= to be texts.")
        # A model may predict an id that has no token.
        tokens, hidden = tokenizer.get_vocabulary(), tokenizer.ids_without_text()
        shown = [
            [i for i in map(int, row) if i not in hidden and tokens[i : i + 1] not in ([], [None])]
            for row in to_rows(values, name)[0]
        ]
        return [[text] for text in tokenizer.detokenize(shown)]


def _leaves(values: Any) -> Iterator[Any]:
    """The strings or ids in nested lists or arrays."""
    if isinstance(values, list | tuple | np.ndarray):
        for value in values:
            yield from _leaves(value)
    else:
        yield values


def _decoded(text: Any, name: str) -> str:
    if not isinstance(text, str | bytes):
        raise TypeError(f"{name} must be str or integer ids; got {text!r:.80}.")
    return decode_utf8(text, "replace") if isinstance(text, bytes) else text
