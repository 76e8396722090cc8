"""Reading of texts with entities, or of labelled words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nlpkit._types import Data
from nlpkit.ops.data.columns import to_column
from nlpkit.preprocessors.examples.columns import read_columns, take_labels
from nlpkit.tasks.data.window_reader import WindowReader
from nlpkit.tasks.results.entities import IGNORED, EntityReader

if TYPE_CHECKING:
    from nlpkit.preprocessors.token_classifier_preprocessor import TokenClassifierPreprocessor
    from nlpkit.preprocessors.window_preprocessor import TextWindow


@dataclass(frozen=True)
class LabelledWindow:
    """A window of a text, with the class and the weight of each unit that it answers for."""

    window: "TextWindow"
    classes: list[int]
    weight: float


@dataclass(frozen=True)
class TokenReader(WindowReader):
    """What a token classifier needs of its data.

    Args:
        prepare: the preprocessor.
        entities: `EntityReader`.
        words: bool. Whether examples are lists of words.
        labelled: bool. Whether labels are used; prediction ignores them.
    """

    prepare: "TokenClassifierPreprocessor"
    entities: EntityReader
    words: bool = False
    labelled: bool = True

    @property
    def wanted(self) -> str:
        return "a label for each word" if self.words else "a list of (start, end, label)"

    def windows(self, x: Data, y: Data = None, sample_weight: Data = None) -> list[LabelledWindow]:
        windows = self.prepare.windows(x, self.words)
        if y is None:
            return [LabelledWindow(window, [], 1.0) for window in windows]
        read = self.entities.classes_of_words if self.words else self.entities.classes_of_spans
        units = {window.row: window.units for window in windows}
        classes = [read(to_column(y[row]), of, row) for row, of in units.items()]
        weights = np.ones(len(units)) if sample_weight is None else sample_weight
        return [
            LabelledWindow(w, [classes[w.row][i] for i, _ in w.own], float(weights[w.row]))
            for w in windows
        ]

    def batch(self, windows: Sequence[LabelledWindow], *rest: Any) -> Any:
        found = [labelled.window for labelled in windows]
        features = self.prepare.features(found)
        if not self.labelled:
            return features
        shape = features["token_ids"].shape
        classes, weights = np.zeros(shape, "int32"), np.zeros(shape, "float32")
        for row, window in enumerate(found):
            _, first = self.prepare.places(window)
            tokens = [first + token for _, token in window.own]
            for token, number in zip(tokens, windows[row].classes, strict=True):
                if number != IGNORED:
                    classes[row, token] = number
                    weights[row, token] = windows[row].weight
        return features, classes, weights

    def _columns(self, x: Data, y: Data, sample_weight: Data) -> tuple[Any, Any, Any]:
        x = to_column(x) if self.words else read_columns(x)
        if isinstance(x, dict):
            x, y, sample_weight = take_labels(x, y, sample_weight)
            if len(x) > 1:
                raise ValueError(
                    f"x must have one column of {'words' if self.words else 'texts'}; got "
                    f"{list(x)}."
                )
            (x,) = x.values()
        if not self.words:
            _refuse_segments(x)
            self.prepare.check(x)
        else:
            x = [_words_of(row, i) for i, row in enumerate(x)]
        return x, to_column(y), to_column(sample_weight)


def _refuse_segments(x: Data) -> None:
    if isinstance(x, tuple):
        raise ValueError(
            f"x must be single texts; got {len(x)} segments. Lists of words need words=True."
        )


def _words_of(row: Any, number: int) -> list[str]:
    words = to_column(row)
    if isinstance(words, str | bytes) or not hasattr(words, "__iter__"):
        raise TypeError(
            f"x must have a list of words in each row, as words=True says; got {row!r:.80} in row "
            f"{number}."
        )
    words = [word.decode() if isinstance(word, bytes) else word for word in words]
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"Words must be strings; got {word!r:.80} in row {number}.")
    return words
