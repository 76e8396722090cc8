"""Reading of examples that become windows, and their conversion to batches."""

from typing import Any

import keras

from nlpkit._compat import is_tensorflow_dataset
from nlpkit._types import Data
from nlpkit.tasks.data.example_reader import refuse_single
from nlpkit.tasks.data.labels import Labels
from nlpkit.tasks.data.text_dataset import TextDataset, check_lengths, is_batched_source


class WindowReader:
    """Base class of what tasks on tokens need of their data: examples become windows.

    Called with a batch of examples, it returns what Keras trains on. Subclasses define `_columns`,
    `windows` and `batch`.

    Attributes:
        prepare: the preprocessor.
        labelled: bool. Whether labels are used; prediction ignores them.
        wanted: what the labels are, for errors.
    """

    prepare: Any
    labelled: bool

    def __call__(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        """Return the features, labels and weights of a batch in any form."""
        return self.preprocessor(*self.read(x, y, sample_weight))

    @property
    def wanted(self) -> str:
        """What the labels are, for errors."""
        raise NotImplementedError

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
            raise ValueError(f"y must have {self.wanted} for each example; got None.")
        return x, y, Labels().read_weights(sample_weight, None)

    def windows(self, x: Data, y: Data = None, sample_weight: Data = None) -> list[Any]:
        """The windows of columns that `read` returned, with their labels and weights."""
        raise NotImplementedError

    def batch(self, windows: Any, *rest: Any) -> Any:
        """The features of windows, and where labels are used these and the weights."""
        raise NotImplementedError

    def preprocessor(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        """Convert columns that `read` returned to a batch."""
        return self.batch(self.windows(x, y, sample_weight))

    def dataset(
        self, x: Data, y: Data, sample_weight: Data, batch_size: int, shuffle: bool
    ) -> TextDataset:
        """Batches of the windows of columns that `read` returned."""
        windows = self.windows(x, y, sample_weight)
        return TextDataset(self.batch, windows, batch_size=batch_size, shuffle=shuffle)

    def over(self, dataset: Data) -> Any:
        """Batches of the windows of a `tf.data.Dataset` of batches of examples."""
        from nlpkit.tasks.data.windows_tensorflow import windows_of

        return windows_of(self, dataset)

    def gathered(self, x: Data) -> list[Any]:
        """The examples of a prediction, from any source, as rows."""
        if not is_batched_source(x):
            return _rows(self.read(x)[0])
        source: Any = x
        if isinstance(x, keras.utils.PyDataset):
            source = (x[i] for i in range(x.num_batches or 0))
        elif is_tensorflow_dataset(x):
            from nlpkit.tasks.data.windows_tensorflow import values_of

            source = map(values_of, x)
        batches = (self._examples_of(batch) for batch in source)
        return [row for batch in batches for row in _rows(self.read(batch)[0])]

    def _examples_of(self, batch: Data) -> Any:
        """The examples of a batch, which may have labels."""
        return batch[0] if isinstance(batch, tuple) else batch

    def _columns(self, x: Data, y: Data, sample_weight: Data) -> tuple[Any, Any, Any]:
        raise NotImplementedError


def _rows(x: Data) -> list[Any]:
    return [*zip(*x, strict=True)] if isinstance(x, tuple) else [*x]
