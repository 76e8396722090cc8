"""Edit distance, and error rates of words and characters."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from keras import ops

from nlpkit._types import DType
from nlpkit.metrics.counted_metric import CountedMetric
from nlpkit.metrics.matching import edit_distance
from nlpkit.metrics.text_metric import TextMetric
from nlpkit.ops.data.ragged import to_rows
from nlpkit.tokenizers.base.tokenizer import Tokenizer

_Pairs = Iterable[tuple[Sequence[Hashable], Sequence[Hashable]]]


class EditDistance(CountedMetric):
    """Compute the mean edit distance of tokens since the last reset (Levenshtein, 1966).

    The least number of insertions, deletions and substitutions that turn references into
    predictions, divided by the number of tokens in references, or of references. It is 0 before
    any token was counted.

    Args:
        normalize: bool. Whether to divide by the number of tokens in all references, rather than by
            the number of references. Default True.
        dtype: str. The float dtype of the result. None (the default) means Keras' default.
        name: str. Default "edit_distance".

    Call arguments:
        y_true: list of str or int, the tokens of one text, or a list of such, of any lengths; or
            int `[batch, seq]`.
        y_pred: likewise; or float `[batch, seq, vocabulary_size]`, logits or probabilities, of
            which the highest are taken.
        sample_weight: `[batch]` or, for ids, `[batch, seq]`. Texts and tokens of weight 0 are left
            out, such as padding; other weights count alike. Default None: 1.

    Returns:
        `result()` is a scalar tensor.

    Raises:
        ValueError: `y_true` and `y_pred` differ in length.

    Example:
        >>> distance = nlpkit.metrics.EditDistance()
        >>> round(float(distance(["a", "man", "rides"], ["a", "man", "on", "bike"])), 3)
        0.667
    """

    def __init__(
        self, normalize: bool = True, dtype: DType = None, name: str = "edit_distance"
    ) -> None:
        super().__init__(3, dtype=dtype, name=name)
        self.normalize = normalize

    def result(self) -> Any:
        """The distance so far."""
        return _rate(self, 1 if self.normalize else 2)

    def _count(self, references: Any, predictions: Any) -> Sequence[Any]:
        rows, others = (to_rows(x, "tokens")[0] for x in (references, predictions))
        if len(rows) != len(others):
            raise ValueError(
                f"y_true and y_pred must have the same length; got {len(rows)} and {len(others)}."
            )
        return _edits((_plain(x), _plain(y)) for x, y in zip(rows, others, strict=True))


class ErrorRate(TextMetric):
    """Base class of error rates."""

    def __init__(self, tokenizer: Tokenizer | None, *, dtype: DType, name: str) -> None:
        super().__init__(3, tokenizer, dtype=dtype, name=name)

    def result(self) -> Any:
        """The rate so far."""
        return _rate(self, 1)

    def _compare(self, references: list[list[str]], predictions: list[str]) -> Sequence[Any]:
        if any(len(texts) > 1 for texts in references):
            raise ValueError(f"{type(self).__name__} takes one reference for each text.")
        texts = zip(references, predictions, strict=True)
        return _edits((self._units(one), self._units(text)) for (one,), text in texts)

    def _units(self, text: str) -> Sequence[str]:
        raise NotImplementedError


class WordErrorRate(ErrorRate):
    """Compute the word error rate since the last reset (Woodard and Nelson, 1982).

    The least number of words to insert, delete and replace, divided by the number of words in
    references. Words are what stands between white space: case and punctuation count, unless texts
    are normalized before. It is 0 before any word was counted.

    Args:
        dtype: str. The float dtype of the result. None (the default) means Keras' default.
        name: str. Default "word_error_rate".

    Returns:
        `result()` is a scalar tensor; it may be more than 1.

    Example:
        >>> rate = nlpkit.metrics.WordErrorRate()
        >>> round(float(rate(["a man rides a bike"], ["a man on a red bike"])), 3)
        0.4
    """

    def __init__(
        self,
        tokenizer: Tokenizer | None = None,
        dtype: DType = None,
        name: str = "word_error_rate",
    ) -> None:
        super().__init__(tokenizer, dtype=dtype, name=name)

    def _units(self, text: str) -> Sequence[str]:
        return text.split()


class CharacterErrorRate(ErrorRate):
    """Compute the character error rate since the last reset.

    The least number of characters to insert, delete and replace, divided by the number of
    characters in references, white space included. It is 0 before any character was counted.

    Args:
        dtype: str. The float dtype of the result. None (the default) means Keras' default.
        name: str. Default "character_error_rate".

    Returns:
        `result()` is a scalar tensor; it may be more than 1.

    Example:
        >>> rate = nlpkit.metrics.CharacterErrorRate()
        >>> round(float(rate(["a man rides a bike"], ["a man on a red bike"])), 3)
        0.444
    """

    def __init__(
        self,
        tokenizer: Tokenizer | None = None,
        dtype: DType = None,
        name: str = "character_error_rate",
    ) -> None:
        super().__init__(tokenizer, dtype=dtype, name=name)

    def _units(self, text: str) -> Sequence[str]:
        return text


def _edits(pairs: _Pairs) -> Sequence[Any]:
    """For each pair the edits, the tokens of the reference, and 1."""
    return [(edit_distance(one, other), len(one), 1) for one, other in pairs]


def _rate(metric: CountedMetric, divisor: int) -> Any:
    counts = ops.cast(metric._counts, metric.dtype)
    return ops.divide_no_nan(counts[0], counts[divisor])


def _plain(tokens: Any) -> list[Any]:
    """The tokens, those in bytes as str."""
    listed = getattr(tokens, "tolist", lambda: tokens)()
    return [x.decode("utf-8", "replace") if isinstance(x, bytes) else x for x in listed]
