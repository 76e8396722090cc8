"""Reading and validation of labels and weights in any form."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np

from nlpkit._types import Data
from nlpkit.preprocessors.examples.columns import read_array

if TYPE_CHECKING:
    from nlpkit.tasks.task import Task


@dataclass(frozen=True)
class Labels:
    """The labels that a task's loss takes.

    Args:
        classes: int or None. The number of classes; None if the labels are not classes.
        rank: int. The rank of the labels.
        names: tuple of str. The names of the classes, in order; empty if they have none.
        ignored: int or None. A label that the loss ignores.
        several: bool. Whether each row has a number for every class, of which several may be 1.
    """

    classes: int | None = None
    rank: int = 1
    names: tuple[str, ...] = ()
    ignored: int | None = None
    several: bool = False

    @classmethod
    def of(cls, task: "Task") -> Self:
        """The labels of a task, from the loss it is compiled with."""
        names = tuple(getattr(task, "labels", None) or ())
        loss = task.loss if task.compiled else None
        loss = keras.losses.get(loss) if isinstance(loss, str) else loss
        if isinstance(loss, keras.losses.BinaryCrossentropy) and hasattr(task, "num_classes"):
            return cls(task.num_classes, 2, names, several=True)
        sparse = isinstance(loss, keras.losses.SparseCategoricalCrossentropy)
        if not sparse and loss is not keras.losses.sparse_categorical_crossentropy:
            return cls(names=names)
        shape = task.outputs[0].shape
        return cls(shape[-1], len(shape) - 1, names, getattr(loss, "ignore_class", None))

    def read(self, y: Data, needed: bool = False) -> Any:
        """Convert labels to an array, in their order.

        Args:
            y: labels in any form, or None; names of classes become their numbers.
            needed: bool. Whether labels are required, if the loss takes classes.

        Returns:
            int array of `rank` if the loss takes classes; otherwise an array of numbers, or a
            structure of arrays.

        Raises:
            ValueError: a label is not a class of the model, not a number, or missing; or labels
                have another rank.
        """
        if y is None and needed and self.classes is not None:
            raise ValueError(f"y must contain {self._expected()}; got None.")
        y = read_array(self._marked(y) if self.several else y, "y")
        if not isinstance(y, np.ndarray):
            return y
        if y.dtype.kind not in "biuf":
            y = self._named(y)
        _refuse(~np.isfinite(y), y, "y must contain numbers")
        if self.classes is None:
            return y
        return self._as_marks(y) if self.several else self._as_classes(y, self.classes)

    def read_weights(self, weights: Any, y: Data) -> Any:
        """Convert sample weights to an array, with one for each label or for each row.

        Raises:
            ValueError: a weight is not a finite number, or their number is not that of the labels.
        """
        weights = read_array(weights, "sample_weight")
        if not isinstance(weights, np.ndarray):
            return weights
        if weights.dtype.kind not in "biuf":
            weights = _numbers(weights, "sample_weight")
        _refuse(~np.isfinite(weights), weights, "sample_weight must contain finite numbers")
        if y is not None and not isinstance(y, np.ndarray):
            return weights
        shape = weights.shape[:1] if y is None else y.shape
        if weights.ndim == len(shape) + 1 and weights.shape[-1] == 1:
            weights = weights[..., 0]
        if not weights.ndim or weights.shape != shape[: weights.ndim]:
            labels = "" if y is None else f" for labels of shape {shape}"
            raise ValueError(
                f"sample_weight must have a number for each label; got the shape {weights.shape}"
                f"{labels}."
            )
        return weights

    def class_weights(self, weights: Any) -> Any:
        """Convert class weights to a dict by the numbers of the classes.

        Args:
            weights: dict from classes, or their names, to weights; or None.

        Raises:
            ValueError: a key is not a class of the model, or a weight is not a finite number.
        """
        if weights is None:
            return None
        numbers = {key: self._number(key) for key in weights}
        for key, weight in weights.items():
            if not np.isfinite(weight):
                raise ValueError(
                    f"class_weight must contain finite numbers; got {weight} for {key}."
                )
        return {numbers[key]: float(weight) for key, weight in weights.items()}

    def _number(self, key: Any) -> int:
        if key in self.names:
            return self.names.index(key)
        known = isinstance(key, int | np.integer)
        if not known or not 0 <= key < (self.classes or key + 1):
            raise ValueError(f"class_weight must have {self._expected()} as keys; got {key!r}.")
        return int(key)

    def _expected(self) -> str:
        if self.classes is None:
            return "numbers"
        named = f", or their names {', '.join(self.names)}" if self.names else ""
        if self.several:
            listed = named and named.replace("or their", "or a list of the")
            return f"a row of {self.classes} numbers from 0 to 1 for each text{listed}"
        return f"classes from 0 to {self.classes - 1}{named}"

    def _named(self, y: np.ndarray) -> np.ndarray:
        """Convert names to the numbers of their classes, and other objects to numbers."""
        strings = [value for value in y.ravel() if isinstance(value, str | bytes)]
        if not strings:
            return _numbers(y, "y")
        numbers = {name: i for i, name in enumerate(self.names)}
        decoded = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in y.ravel()]
        for row, value in enumerate(decoded):
            if value not in numbers:
                shown = str(value) if isinstance(value, str) else value
                raise ValueError(
                    f"y must contain {self._expected()}; got {shown!r} in row {row}. Number the "
                    "classes, or name them in the task's `labels`; the second texts of pairs "
                    "belong in x, a tuple of both."
                )
        return np.array([numbers[value] for value in decoded]).reshape(y.shape)

    def _marked(self, y: Data) -> Any:
        """Convert rows of the names of classes to rows of 0 and 1."""
        rows = y.tolist() if isinstance(y, np.ndarray) and y.dtype.kind in "OUS" else y
        if not isinstance(rows, list | tuple) or not all(isinstance(r, list | tuple) for r in rows):
            return y
        if not any(isinstance(label, str) for row in rows for label in row):
            return y
        marks = np.zeros((len(rows), self.classes or 0), "float32")
        for i, row in enumerate(rows):
            for label in row:
                if label not in self.names:
                    raise ValueError(
                        f"y must contain {self._expected()}; got {label!r} in row {i}."
                    )
                marks[i, self.names.index(label)] = 1
        return marks

    def _as_marks(self, y: np.ndarray) -> np.ndarray:
        if y.ndim == 1 and self.classes == 1:
            y = y[:, None]
        if y.ndim != 2 or y.shape[1] != self.classes:
            raise ValueError(f"y must contain {self._expected()}; got shape {y.shape}.")
        _refuse((y < 0) | (y > 1), y, f"y must contain {self._expected()}")
        return y.astype("float32")

    def _as_classes(self, y: np.ndarray, classes: int) -> np.ndarray:
        if y.ndim == self.rank + 1 and y.shape[-1] == 1:
            y = y[..., 0]
        if y.ndim != self.rank:
            raise ValueError(
                f"y must contain {self._expected()}, with {self.rank} axes; got shape {y.shape}. "
                'One-hot labels need compile(loss="categorical_crossentropy"), several labels '
                'per text "binary_crossentropy".'
            )
        outside = (y < 0) | (y >= classes) | (y != np.floor(y))
        if self.ignored is not None:
            outside &= y != self.ignored
        _refuse(outside, y, f"y must contain {self._expected()}")
        return y if y.dtype.kind in "iu" else y.astype("int32")


def _numbers(values: np.ndarray, name: str) -> np.ndarray:
    """Convert objects to numbers; missing values are not numbers."""
    for row, value in enumerate(values.ravel()):
        if not isinstance(value, int | float | np.number | np.bool_) or value != value:
            raise ValueError(f"{name} must contain numbers; got {value!r} in row {row}.")
    return np.array(values.tolist())


def _refuse(wrong: np.ndarray, values: np.ndarray, message: str) -> None:
    if wrong.any():
        row = tuple(np.argwhere(wrong)[0].tolist())
        place = ", ".join(map(str, row)) or "0"
        raise ValueError(f"{message}; got {values[row]} in row {place}.")
