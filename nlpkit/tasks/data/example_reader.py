"""Reading and validation of examples in any form, and their conversion to batches."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from nlpkit._compat import is_tensorflow_value, require
from nlpkit._types import Data
from nlpkit.ops import backend
from nlpkit.preprocessors.examples.columns import holds_strings, read_array, read_columns
from nlpkit.tasks.data.labels import Labels
from nlpkit.tasks.data.text_dataset import TextDataset, check_lengths
from nlpkit.tasks.results.encoding import trimmed

if TYPE_CHECKING:
    from nlpkit.tasks.task import Task

# The features that have a value for each token.
_ROWS = ("token_ids", "padding_mask", "segment_ids")


@dataclass(frozen=True)
class ExampleReader:
    """A task's requirements on its data; called with a batch, it returns what Keras trains on.

    It holds no model, so it can be sent to the workers of a `DataLoader`.

    Args:
        preprocessor: `Preprocessor`, or any function of `(x, y, sample_weight)`.
        labels: `Labels`.
        num_segments: int or None. The maximum number of segments that the backbone distinguishes.
        labelled: bool. Whether labels are used; prediction ignores them.
        trims: bool. Whether the rows of a batch in memory are about as long as its longest text.
        max_length: int or None. The number of positions that the backbone has.
    """

    preprocessor: Any
    labels: Labels
    num_segments: int | None
    labelled: bool = True
    trims: bool = False
    max_length: int | None = None

    @classmethod
    def of(cls, task: "Task", labelled: bool = True) -> Self:
        """Create the reader of a task with a preprocessor."""
        segments = getattr(task.preprocessor, "has_segment_ids", False)
        limit = getattr(task.backbone, "num_segments", None) if segments else None
        return cls(task.preprocessor, Labels.of(task), limit, labelled)

    def __call__(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        """Return the features, labels and weights of a batch in any form."""
        return self.preprocessor(*self.read(x, y, sample_weight))

    def read(self, x: Data, y: Data = None, sample_weight: Data = None) -> tuple[Any, Any, Any]:
        """Convert examples to columns that can be sliced, and validate them.

        Raises:
            TypeError: a text is not a string.
            ValueError: there are no examples, columns differ in length, there are more segments
                than the backbone distinguishes, or labels or weights do not suit the loss.
        """
        self._refuse_second_texts(y)
        x, y, sample_weight = self._columns(*map(_on_host, (x, y, sample_weight)))
        refuse_single(x)
        if hasattr(self.preprocessor, "check"):
            self.preprocessor.check(x)
        if not check_lengths(x, y, sample_weight):
            raise ValueError("x must contain at least one example; got none.")
        if not self.labelled:
            return x, None, None
        needed = getattr(self.preprocessor, "pass_instead", "") is None
        y = self.labels.read(y, needed)
        return x, y, self.labels.read_weights(sample_weight, y)

    def dataset(self, x: Data, y: Data, sample_weight: Data, batch_size: int, shuffle: bool) -> Any:
        """Batches of columns that `read` returned, as a dataset that Keras takes."""
        columns = (x, y, sample_weight)
        preprocess = self._trimmed if self.trims else self.preprocessor
        rows = TextDataset(preprocess, *columns, batch_size=batch_size, shuffle=shuffle)
        if not (self.trims and backend.FIXES_SHAPES):
            return rows
        from nlpkit.tasks.data.batches_tensorflow import of_any_length

        return of_any_length(rows)

    def over(self, dataset: Data) -> Any:
        """Map a `tf.data.Dataset` of batches to what Keras trains on, in its graph."""
        tf = require("tensorflow", "tf.data")
        return dataset.map(self._in_graph, num_parallel_calls=tf.data.AUTOTUNE)

    def _trimmed(self, x: Data, y: Data, sample_weight: Data) -> Any:
        batch = self.preprocessor(x, y, sample_weight)
        return (self._cut(batch[0]), *batch[1:]) if isinstance(batch, tuple) else self._cut(batch)

    def _cut(self, features: dict[str, Any]) -> dict[str, Any]:
        """Features without common padding; TensorFlow's backbones cannot tell how long they are."""
        cut = trimmed({name: features[name] for name in _ROWS if name in features})
        length = cut["token_ids"].shape[-1]
        if self.max_length is not None and length > self.max_length:
            raise ValueError(
                f"token_ids has {length} positions a row, the backbone has {self.max_length}; "
                "shorten the preprocessor's sequence_length or build it with more positions."
            )
        return {**features, **cut}

    def _in_graph(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        """Do the same as a call, inside `tf.data.Dataset.map`."""
        from nlpkit.tasks.data.labels_tensorflow import checked

        self._refuse_second_texts(y)
        x, y, sample_weight = self._columns(x, y, sample_weight)
        if not self.labelled:
            return self.preprocessor(x)
        y, sample_weight = checked(self.labels, y, sample_weight)
        return self.preprocessor(x, y, sample_weight)

    def _refuse_second_texts(self, y: Data) -> None:
        """Raise a ValueError if a prediction would ignore the second texts of pairs."""
        if not self.labelled and not self.labels.names and y is not None and holds_strings(y):
            raise ValueError(
                "x must have all texts; got (first, second), which is (x, y), and y is strings. "
                "Batches of pairs are ((first, second),)."
            )

    def _columns(self, x: Data, y: Data, sample_weight: Data) -> tuple[Any, Any, Any]:
        if hasattr(self.preprocessor, "read"):
            x, y, sample_weight = self.preprocessor.read(x, y, sample_weight)
        else:
            x, y = read_columns(x), read_array(y, "y")
            sample_weight = read_array(sample_weight, "sample_weight")
        if self.num_segments and isinstance(x, tuple) and len(x) > self.num_segments:
            raise ValueError(
                f"x has {len(x)} segments per text, but the backbone distinguishes "
                f"{self.num_segments} (num_segments). A tuple holds columns, a list rows."
            )
        return x, y, sample_weight


def _on_host(values: Data) -> Any:
    """Convert eager TensorFlow tensors in a structure to arrays."""
    if isinstance(values, tuple):
        return tuple(map(_on_host, values))
    if isinstance(values, dict):
        return {name: _on_host(value) for name, value in values.items()}
    return values.numpy() if is_tensorflow_value(values) else values


def refuse_single(x: Data) -> None:
    """Raise a ValueError if `x` is one example, not a batch."""
    for part in x if isinstance(x, tuple) else x.values() if isinstance(x, dict) else (x,):
        if isinstance(part, str | bytes) or getattr(part, "shape", None) == ():
            raise ValueError(
                f"x must be a batch of examples, such as [x]; got the single value {part!r}. "
                "A tuple holds columns, a list rows."
            )
