"""SquadMetric: exact matches and the F1 score of answers."""

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nlpkit._config import Configurable

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


class SquadMetric(Configurable):
    """Compare answers with those of people, as SQuAD does (Rajpurkar et al., 2016, 2018).

    Case, English articles, ASCII punctuation and white space do not count. An answer matches if it
    equals one of the given ones; its F1 score is that of its words, for the most similar one. "" is
    right where no answer is given.

    Example:
        >>> metric = nlpkit.metrics.SquadMetric()
        >>> metric.update(["the Eiffel tower", ""], [["Eiffel Tower!", "Paris"], []])
        >>> metric.update(["a tower"], ["Eiffel Tower"])
        >>> {name: round(value, 3) for name, value in metric.result().items()}
        {'exact_match': 0.667, 'f1': 0.889}
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all answers."""
        self._count = 0
        self._matches = 0.0
        self._f1 = 0.0

    def update(self, answers: Sequence[Any], references: Sequence[Any]) -> None:
        """Add answers.

        Args:
            answers: list of str, or of what `QuestionAnswerer.predict` returned.
            references: for each a str, a list of str (empty if there is no answer), or a dict with
                such a list under "text", as in SQuAD; None for no answer.

        Raises:
            ValueError: the lists differ in length.
        """
        if len(answers) != len(references):
            raise ValueError(
                f"answers and references must have the same length; got {len(answers)} and "
                f"{len(references)}."
            )
        for answer, reference in zip(answers, references, strict=True):
            words = _words(getattr(answer, "text", answer))
            given = [*map(_words, _texts(reference))]
            self._count += 1
            self._matches += max(float(words == one) for one in given)
            self._f1 += max(_f1(words, one) for one in given)

    def result(self) -> dict[str, float]:
        """The means so far, from 0 to 1: `exact_match` and `f1`; 0 without answers."""
        count = max(self._count, 1)
        return {"exact_match": self._matches / count, "f1": self._f1 / count}


def _texts(reference: Any) -> list[str]:
    if isinstance(reference, Mapping):
        reference = reference["text"]
    texts = [reference] if isinstance(reference, str) else [*(reference or [])]
    # An answer that is nothing but an article is none.
    return [text for text in texts if _words(text)] or [""]


def _words(text: str) -> list[str]:
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def _f1(words: list[str], given: list[str]) -> float:
    if not words or not given:
        return float(words == given)
    same = (Counter(words) & Counter(given)).total()
    return 2 * same / (len(words) + len(given))
