"""Reading of texts with entities, or of labelled words, and their conversion to batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlpkit._types import Data
from nlpkit.ops.columns import to_column
from nlpkit.preprocessors.columns import read_columns, take_labels
from nlpkit.preprocessors.token_classifier_preprocessor import (
    TextWindow,
    TokenClassifierPreprocessor,
)
from nlpkit.tasks.entities import IGNORED, EntityReader
from nlpkit.tasks.example_reader import refuse_single
from nlpkit.tasks.labels import Labels
from nlpkit.tasks.text_dataset import TextDataset, check_lengths


@dataclass(frozen=True)
class LabelledWindow:
    """A window of a text, with the class and the weight of each unit that it answers for."""

    window: TextWindow
    classes: list[int]
    weight: float


@dataclass(frozen=True)
class WindowReader:
    """What a token classifier needs of its data; called with a batch, it returns its windows.

    Args:
        prepare: the preprocessor.
        entities: `EntityReader`.
        words: bool. Whether examples are lists of words.
        labelled: bool. Whether labels are used; prediction ignores them.
    """

    prepare: TokenClassifierPreprocessor
    entities: EntityReader
    words: bool = False
    labelled: bool = True

    def __call__(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        """Return the features, classes and weights of a batch in any form."""
        return self.preprocessor(*self.read(x, y, sample_weight))

    def read(self, x: Data, y: Data = None, sample_weight: Data = None) -> tuple[Any, Any, Any]:
        """Convert examples to columns that can be sliced, and validate their lengths.

        Raises:
            TypeError: a text, or a word, is not a string.
            ValueError: there are no examples, columns differ in length, or labels are missing.
        """
        refuse_single(x)
        x, y, sample_weight = self._columns(x, y, sample_weight)
        if not check_lengths(x, y if self.labelled else None, sample_weight):
            raise ValueError("x must contain at least one example; got none.")
        if not self.labelled:
            return x, None, None
        if y is None:
            wanted = "a label for each word" if self.words else "a list of (start, end, label)"
            raise ValueError(f"y must have {wanted} for each example; got None.")
        return x, y, Labels().read_weights(sample_weight, None)

    def windows(self, x: Data, y: Data = None, sample_weight: Data = None) -> list[LabelledWindow]:
        """The windows of columns that `read` returned."""
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

    def batch(self, windows: Sequence[LabelledWindow], *_: Any) -> Any:
        """Features, and where labels are used the classes and weights of all positions."""
        found = [labelled.window for labelled in windows]
        features = self.prepare.features(found)
        if not self.labelled:
            return features
        shape = features["token_ids"].shape
        classes, weights = np.zeros(shape, "int32"), np.zeros(shape, "float32")
        starts = self.prepare.first_tokens(found)
        for row, first in enumerate(starts):
            tokens = [first + token for _, token in found[row].own]
            for token, number in zip(tokens, windows[row].classes, strict=True):
                if number != IGNORED:
                    classes[row, token] = number
                    weights[row, token] = windows[row].weight
        return features, classes, weights

    def preprocessor(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        """Convert columns that `read` returned to a batch."""
        return self.batch(self.windows(x, y, sample_weight))

    def dataset(
        self, x: Data, y: Data, sample_weight: Data, batch_size: int, shuffle: bool
    ) -> TextDataset:
        """Batches of the windows of columns that `read` returned."""
        windows = self.windows(x, y, sample_weight)
        return TextDataset(self.batch, windows, batch_size=batch_size, shuffle=shuffle)

    def in_graph(self, *_: Any) -> Any:
        """Refuse: entities have offsets, which TensorFlow's tokenizers do not give."""
        raise TypeError(
            "A token classifier takes lists, columns and tables, or batches of a PyDataset, a "
            "DataLoader or a generator; got a tf.data.Dataset. Pass dataset.as_numpy_iterator()."
        )

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
