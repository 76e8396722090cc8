"""Datasets of raw strings, tokenized lazily, from any source of data."""

import copy
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import tree

from nlpkit._compat import is_tensorflow_dataset, is_tensorflow_value, require
from nlpkit._types import Data


class TextDataset(keras.utils.PyDataset):
    """Batches of examples in memory, each preprocessed on access.

    Args:
        preprocessor: called with a batch `(x, y, sample_weight)`, returns the data for Keras.
        x: list or array of strings, or a tuple of such columns.
        y, sample_weight: as long as `x`, or None.
        batch_size: int.
        shuffle: bool. Whether to shuffle the examples for each epoch.
    """

    def __init__(
        self,
        preprocessor: Callable[..., Any],
        x: Data,
        y: Data = None,
        sample_weight: Data = None,
        *,
        batch_size: int = 32,
        shuffle: bool = False,
    ) -> None:
        super().__init__()
        self._preprocessor = preprocessor
        self._columns = (x, y, sample_weight)
        self._size = check_lengths(x, y, sample_weight)
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1; got {batch_size}.")
        self._batch_size = batch_size
        self._shuffle = shuffle
        self._order = np.arange(self._size)
        self.on_epoch_end()

    @property
    def num_batches(self) -> int:
        """The number of batches in an epoch, including a smaller last one."""
        return math.ceil(self._size / self._batch_size)

    def __len__(self) -> int:
        return self.num_batches

    def __getitem__(self, index: int) -> Any:
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._preprocessor(*(take(column, chosen) for column in self._columns))

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch (with NumPy's generator, which `set_random_seed` seeds)."""
        if self._shuffle:
            np.random.shuffle(self._order)


class _MappedPyDataset(keras.utils.PyDataset):
    """A `PyDataset` that preprocesses the batches of another."""

    def __init__(self, preprocessor: Callable[..., Any], dataset: Data) -> None:
        super().__init__(
            workers=dataset.workers,
            use_multiprocessing=dataset.use_multiprocessing,
            max_queue_size=dataset.max_queue_size,
        )
        self._preprocessor = preprocessor
        self._dataset = dataset

    @property
    def num_batches(self) -> Any:
        """The number of batches of the underlying dataset."""
        return self._dataset.num_batches

    def __getitem__(self, index: int) -> Any:
        return self._preprocessor(*_as_arguments(self._dataset[index]))

    def on_epoch_begin(self) -> None:
        """Notify the underlying dataset."""
        self._dataset.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Notify the underlying dataset."""
        self._dataset.on_epoch_end()


def is_batched_source(x: Data) -> bool:
    """Whether `x` yields batches itself: a dataset, a loader, a generator or a stream."""
    return (
        is_tensorflow_dataset(x)
        or isinstance(x, keras.utils.PyDataset)
        or _is_torch_loader(x)
        or hasattr(x, "__next__")
        or (hasattr(x, "__iter__") and not hasattr(x, "__len__"))
    )


def map_batches(
    preprocessor: Callable[..., Any],
    source: Data,
    batch_size: int = 32,
    over: Callable[[Any], Any] | None = None,
) -> Any:
    """Preprocess each batch of a source lazily, in its own kind of pipeline.

    Args:
        preprocessor: called with a batch `(x, y, sample_weight)`.
        source: a batched source, see `is_batched_source`. A `tf.data.Dataset`, generator or stream
            may yield single examples instead.
        batch_size: int. The number of single examples in a batch.
        over: function of a whole `tf.data.Dataset`, in place of mapping `preprocessor`.
    """
    if is_tensorflow_dataset(source):
        tf = require("tensorflow", "tf.data")
        if _yields_single_examples(source):
            source = source.batch(batch_size)
        if over is None:
            mapped = source.map(preprocessor, num_parallel_calls=tf.data.AUTOTUNE)
        else:
            mapped = over(source)
        return mapped.prefetch(tf.data.AUTOTUNE)
    if isinstance(source, keras.utils.PyDataset):
        return _MappedPyDataset(preprocessor, source)
    if _is_torch_loader(source):
        return _map_torch_loader(preprocessor, source)
    # Keras requires tuples from generators, even with one element.
    return (
        _as_arguments(preprocessor(*_as_arguments(batch))) for batch in _grouped(source, batch_size)
    )


def _grouped(source: Iterable[Any], size: int) -> Iterator[Any]:
    """Yield batches unchanged, and single examples in lists of `size` rows."""
    items = iter(source)
    for first in items:
        if not _is_single(_as_arguments(first)[0]):
            yield first
            continue
        rows = [first, *itertools.islice(items, size - 1)]
        # Tuples of values, such as a text and its label, become one tuple of lists.
        yield tuple(map(list, zip(*rows, strict=True))) if isinstance(first, tuple) else rows


def _is_single(x: Data) -> bool:
    """Whether `x` is a text or a tuple or dict of texts, not a batch."""
    if isinstance(x, tuple | dict):
        parts = x.values() if isinstance(x, dict) else x
        return all(_is_single(part) or np.isscalar(part) for part in parts)
    return isinstance(x, str | bytes) or getattr(x, "shape", None) == ()


def _yields_single_examples(dataset: Data) -> bool:
    spec = _as_arguments(dataset.element_spec)[0]
    return all(getattr(part, "shape", None) == () for part in tree.flatten(spec))


def split_examples(
    fraction: float, x: Data, y: Data = None, sample_weight: Data = None
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Split off the last `fraction` of the examples of columns.

    Raises:
        ValueError: `fraction` is not in (0, 1), one part would be empty, or the columns differ in
            length.
    """
    columns = (x, y, sample_weight)
    size = check_lengths(*columns)
    first = math.floor(size * (1.0 - fraction))
    if not 0.0 < fraction < 1.0 or not 0 < first < size:
        raise ValueError(
            "validation_split must leave examples in both parts; "
            f"got validation_split={fraction} for {size} examples."
        )
    parts = np.arange(first), np.arange(first, size)
    kept, held = (tuple(take(column, part) for column in columns) for part in parts)
    return kept, held


def check_lengths(x: Data, y: Data, sample_weight: Data) -> int:
    """Return the number of examples, which must be the same in all columns.

    Raises:
        ValueError: the columns differ in length.
    """
    size = count_examples(x)
    for name, column in (("y", y), ("sample_weight", sample_weight)):
        if column is not None and count_examples(column) != size:
            raise ValueError(
                f"x and {name} must have the same length; got {size} and "
                f"{count_examples(column)} examples."
            )
    return size


def count_examples(column: Data) -> int:
    """Return the length of a column, or of each column of a tuple or dict.

    Raises:
        ValueError: the columns of a tuple or dict differ in length.
    """
    if isinstance(column, dict):
        column = tuple(column.values())
    if not isinstance(column, tuple):
        return len(column)
    sizes = [count_examples(part) for part in column]
    if len(set(sizes)) != 1:
        raise ValueError(f"Columns must have the same length; got {sizes} examples.")
    return sizes[0]


def take(column: Data, chosen: np.ndarray) -> Any:
    """Select examples from a column, or from each column of a tuple or dict."""
    if column is None:
        return None
    if isinstance(column, tuple):
        return tuple(take(part, chosen) for part in column)
    if isinstance(column, dict):
        return {name: take(part, chosen) for name, part in column.items()}
    if isinstance(column, list):
        return [column[i] for i in chosen]
    return (column.numpy() if is_tensorflow_value(column) else column)[chosen]


def longest_first(column: Data) -> np.ndarray:
    """The order of the texts of a column, or of each of a tuple of columns, by their length."""
    columns = column if isinstance(column, tuple) else (column,)
    lengths = sum(np.array([len(text) for text in texts]) for texts in columns)
    return np.argsort(-lengths, kind="stable")


def _as_arguments(batch: Data) -> tuple[Any, ...]:
    return batch if isinstance(batch, tuple) else (batch,)


def _is_torch_loader(x: Data) -> bool:
    return any(cls.__module__ == "torch.utils.data.dataloader" for cls in type(x).__mro__)


def _map_torch_loader(preprocessor: Callable[..., Any], loader: Any) -> Any:
    """The same loader, with preprocessing in its workers after collation."""
    torch = require("torch", "A DataLoader")
    mapped = copy.copy(loader)
    mapped.collate_fn = _Collate(loader.collate_fn, preprocessor, torch.as_tensor)
    return mapped


@dataclass(frozen=True)
class _Collate:
    """A loader's own collation, then preprocessing; a class, so that it can be pickled."""

    collate: Callable[[Any], Any]
    preprocessor: Callable[..., Any]
    to_tensor: Callable[[Any], Any]

    def __call__(self, examples: Any) -> Any:
        batch = self.preprocessor(*_as_arguments(_collated_columns(self.collate(examples))))
        return tree.map_structure(self.to_tensor, batch)


def _collated_columns(batch: Data) -> Any:
    """Convert columns to a tuple and strings to a list; default collation does the reverse."""
    if isinstance(batch, dict):
        return {name: _collated_columns(part) for name, part in batch.items()}
    if not isinstance(batch, list | tuple) or all(map(np.isscalar, batch)):
        return list(batch) if isinstance(batch, tuple) else batch
    return tuple(_collated_columns(part) for part in batch)
