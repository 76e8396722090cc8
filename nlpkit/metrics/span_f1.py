"""SpanF1: the F1 score of entities."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import DType, Tensor
from nlpkit.ops.data.tag_scheme import TagScheme


class SpanF1(Configurable, keras.metrics.Metric):
    """Compute the micro-averaged F1 score of entities since the last reset.

    `2 * correct / (predicted + actual)`, where an entity is correct if its first token, its last
    one and its type are (Tjong Kim Sang and Buchholz, 2000). Tags are read as by the evaluation of
    CoNLL and by seqeval's default mode. It is 0 before any entity was counted.

    Args:
        labels: list of str. The names of the classes, such as "B-PER", in order; see
            `TokenClassifier`.
        dtype: str. The float dtype of the counts. None (the default) means Keras' default.
        name: str. Default "span_f1".

    Call arguments:
        y_true: int `[batch, seq]`, the classes.
        y_pred: float `[batch, seq, classes]`, logits or probabilities, or int `[batch, seq]`.
        sample_weight: `[batch, seq]`, or `[batch]` for whole texts. Tokens of weight 0 are left
            out, as if they were not there; other weights count alike. Default None: 1.

    Returns:
        `result()` is a scalar tensor.

    Example:
        >>> span_f1 = nlpkit.metrics.SpanF1(["O", "B-PER", "I-PER"])
        >>> round(float(span_f1([[1, 2, 0, 1]], [[1, 2, 0, 0]])), 3)
        0.667
    """

    def __init__(self, labels: Sequence[str], dtype: DType = None, name: str = "span_f1") -> None:
        super().__init__(dtype=dtype, name=name)
        self.labels = labels
        self._scheme = TagScheme(labels)
        self._correct = self.add_weight((), "zeros", name="correct")
        self._spans = self.add_weight((), "zeros", name="spans")

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Add a batch; see the class."""
        actual = ops.cast(y_true, "int32")
        found = ops.convert_to_tensor(y_pred)
        found = ops.argmax(found, axis=-1) if len(found.shape) > len(actual.shape) else found
        actual, found = self._counted(actual, ops.cast(found, "int32"), sample_weight)
        begins, ends, types = self._read(actual)
        other_begins, other_ends, other_types = self._read(found)
        inside = types > 0
        wrong = (begins != other_begins) | (ends != other_ends) | (types != other_types)
        # The number of wrong tokens so far, and what it was when the entity began.
        errors = ops.cumsum(ops.cast(wrong & inside, "int32"), axis=1)
        before = ops.where(begins, errors - ops.cast(wrong, "int32"), 0)
        before = ops.associative_scan(ops.maximum, before, axis=1)
        self._correct.assign_add(self._count(ends & (errors == before)))
        self._spans.assign_add(self._count(begins) + self._count(other_begins))

    def result(self) -> Any:
        """The score so far."""
        return ops.divide_no_nan(2.0 * self._correct, self._spans)

    def _count(self, marks: Tensor) -> Any:
        return ops.sum(ops.cast(marks, self.dtype))

    def _counted(self, actual: Tensor, found: Tensor, sample_weight: Tensor) -> tuple[Any, Any]:
        """Move the tokens of weight 0 to the end, and make them edges of the text."""
        if sample_weight is None:
            return actual, found
        weight = ops.convert_to_tensor(sample_weight)
        weight = weight if len(weight.shape) > 1 else ops.expand_dims(weight, -1)
        counts = ops.broadcast_to(weight != 0, ops.shape(actual))
        length = ops.shape(actual)[1]
        places = ops.arange(length, dtype="int32")
        order = ops.argsort(ops.where(counts, places, length + places), axis=1)
        edge = len(self.labels)
        rows = (ops.where(counts, row, edge) for row in (actual, found))
        moved = [ops.take_along_axis(row, order, axis=1) for row in rows]
        return moved[0], moved[1]

    def _read(self, classes: Tensor) -> tuple[Any, Any, Any]:
        """Whether an entity begins and ends at each token, and its type, 0 for none."""
        edge = len(self.labels)
        framed = ops.pad(classes, [[0, 0], [1, 1]], constant_values=edge)
        before, tags, after = framed[:, :-2], framed[:, 1:-1], framed[:, 2:]
        begins, ends = (ops.convert_to_tensor(x.ravel()) for x in self._tables())
        types = ops.convert_to_tensor(self._scheme.type_ids)
        size = edge + 1
        return (
            ops.take(begins, before * size + tags),
            ops.take(ends, tags * size + after),
            ops.take(types, tags),
        )

    def _tables(self) -> tuple[Any, Any]:
        return self._scheme.begins, self._scheme.ends
