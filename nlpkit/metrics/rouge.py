"""ROUGE: how much of references summaries contain."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from nlpkit._compat import require
from nlpkit._types import DType
from nlpkit.metrics.matching import edit_distance, ngrams
from nlpkit.metrics.text_metric import TextMetric
from nlpkit.tokenizers.base.tokenizer import Tokenizer

_WORD = re.compile("[a-z0-9]+")


class Rouge(TextMetric):
    """Base class of ROUGE metrics: means of precision, recall and F1 score.

    Args:
        use_stemmer: bool. Whether words of more than three letters are stripped of English suffixes
            by Porter's algorithm, for which the package nltk is needed. Default False.

    Returns:
        `result()` is a dict of the scalar tensors "precision", "recall" and "f1_score", 0 before
        any text was counted.
    """

    def __init__(
        self,
        tokenizer: Tokenizer | None,
        use_stemmer: bool,
        *,
        dtype: DType,
        name: str,
    ) -> None:
        super().__init__(4, tokenizer, dtype=dtype, name=name)
        self.use_stemmer = use_stemmer
        self._stem = _stemmer() if use_stemmer else None

    def result(self) -> dict[str, Any]:
        """The means so far."""
        means = ops.divide_no_nan(self._counts[:3], self._counts[3])
        names = ("precision", "recall", "f1_score")
        return {name: ops.cast(means[i], self.dtype) for i, name in enumerate(names)}

    def _compare(self, references: list[list[str]], predictions: list[str]) -> Sequence[Any]:
        return [
            max((self._scores(one, text) for one in texts), key=lambda scores: scores[2])
            for texts, text in zip(references, predictions, strict=True)
        ]

    def _scores(self, reference: str, prediction: str) -> tuple[float, float, float, int]:
        shared, wanted, given = self._overlap(self._words(reference), self._words(prediction))
        precision, recall = shared / max(given, 1), shared / max(wanted, 1)
        return precision, recall, 2 * shared / max(wanted + given, 1), 1

    def _words(self, text: str) -> list[str]:
        words = _WORD.findall(text.lower())
        return [self._stem(w) if len(w) > 3 else w for w in words] if self._stem else words

    def _overlap(self, reference: list[str], prediction: list[str]) -> tuple[int, int, int]:
        """How many units are shared, and how many there are in each text."""
        raise NotImplementedError


class RougeN(Rouge):
    """Compute the mean ROUGE-N scores of texts since the last reset (Lin, 2004).

    Precision, recall and F1 score of n-grams of words: letters a to z and digits, in lower case, as
    in the package rouge-score. Of several references the one with the highest F1 score counts.

    Args:
        order: int. The length of n-grams, from 1 to 9. Default 2.
        dtype: str. The float dtype of the result. None (the default) means Keras' default.
        name: str. Default "rouge-n".

    Raises:
        ValueError: `order` is not from 1 to 9.

    Example:
        >>> rouge = nlpkit.metrics.RougeN(order=2)
        >>> scores = rouge("the tiny cat was under the bed", "the cat was under the bed")
        >>> {name: round(float(score), 3) for name, score in scores.items()}
        {'precision': 0.8, 'recall': 0.667, 'f1_score': 0.727}
    """

    def __init__(
        self,
        order: int = 2,
        use_stemmer: bool = False,
        dtype: DType = None,
        name: str = "rouge-n",
        *,
        tokenizer: Tokenizer | None = None,
    ) -> None:
        if order not in range(1, 10):
            raise ValueError(f"order must be from 1 to 9; got {order}.")
        super().__init__(tokenizer, use_stemmer, dtype=dtype, name=name)
        self.order = order

    def _overlap(self, reference: list[str], prediction: list[str]) -> tuple[int, int, int]:
        wanted, given = (ngrams(words, self.order) for words in (reference, prediction))
        return (wanted & given).total(), wanted.total(), given.total()


class RougeL(Rouge):
    """Compute the mean ROUGE-L scores of texts since the last reset (Lin, 2004).

    Precision, recall and F1 score of the longest common subsequence of words: letters a to z and
    digits, in lower case, as in the package rouge-score. Of several references the one with the
    highest F1 score counts.

    Args:
        dtype: str. The float dtype of the result. None (the default) means Keras' default.
        name: str. Default "rouge-l".

    Example:
        >>> rouge = nlpkit.metrics.RougeL()
        >>> scores = rouge("the tiny cat was under the bed", "the cat was under the bed")
        >>> {name: round(float(score), 3) for name, score in scores.items()}
        {'precision': 1.0, 'recall': 0.857, 'f1_score': 0.923}
    """

    def __init__(
        self,
        use_stemmer: bool = False,
        dtype: DType = None,
        name: str = "rouge-l",
        *,
        tokenizer: Tokenizer | None = None,
    ) -> None:
        super().__init__(tokenizer, use_stemmer, dtype=dtype, name=name)

    def _overlap(self, reference: list[str], prediction: list[str]) -> tuple[int, int, int]:
        both = len(reference) + len(prediction)
        # Without substitutions what is not common is deleted or inserted.
        common = (both - edit_distance(reference, prediction, substitution=2)) // 2
        return common, len(reference), len(prediction)


def _stemmer() -> Callable[[str], str]:
    stem: Callable[[str], str] = require("nltk", "use_stemmer=True").PorterStemmer().stem
    return stem
