"""Reading training texts of vocabularies in any accepted form."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nlpkit._compat import is_tensorflow_dataset
from nlpkit._types import Data
from nlpkit.ops.data.columns import to_column
from nlpkit.tokenizers.base.string_input import map_strings


def training_texts(data: Data, split: bool = True) -> Iterator[str]:
    """Yield the texts of training data.

    Args:
        data: a list, column, iterable or generator of str; a list of `pathlib.Path`, or of str all
            of which are names of existing files, for text files (UTF-8, read line by line); or a
            `tf.data.Dataset` of strings, batched or not.
        split: bool. Whether every string is a text. Otherwise it is a word, a list of strings are
            the words of a text, and files are rejected. Default True.

    Raises:
        TypeError: `data` is of another type, or contains something other than strings.
        ValueError: files were given with `split=False`.
    """
    if is_tensorflow_dataset(data):
        return _dataset_texts(data)
    data = to_column(data)
    if isinstance(data, str | bytes | Path | Mapping) or not isinstance(data, Iterable):
        raise TypeError(
            "data must be an iterable of strings, a list of files, or a tf.data.Dataset; got "
            f"{data!r:.80}. For one text or file, pass a list of it; of a table, one column."
        )
    if not _are_files(data):
        return _iterable_texts(data, split)
    if not split:
        raise ValueError("split must be True when data is a list of files.")
    return _file_lines(data)


def _are_files(data: Iterable[Any]) -> bool:
    if not isinstance(data, list | tuple) or not data:
        return False
    if all(isinstance(item, Path) for item in data):
        return True
    return all(isinstance(item, str) and os.path.isfile(item) for item in data)


def _file_lines(paths: Iterable[str | Path]) -> Iterator[str]:
    for path in paths:
        with open(path, encoding="utf-8") as file:
            yield from (line.rstrip("\n") for line in file)


def _iterable_texts(data: Iterable[Any], split: bool) -> Iterator[str]:
    for i, item in enumerate(data):
        if split and not isinstance(item, str):
            raise TypeError(
                f"data must contain strings; got {item!r:.80} ({type(item).__name__}) in row {i}."
            )
        yield from map_strings(lambda texts: texts, [item] if isinstance(item, str) else item)


def _dataset_texts(dataset: Data) -> Iterator[str]:
    for batch in dataset:
        if getattr(batch, "dtype", None) != "string":
            raise TypeError(f"data must be a dataset of strings; got one of {batch!r:.80}.")
        flat = getattr(batch, "flat_values", batch).numpy()
        yield from map_strings(
            lambda texts: texts, [flat] if isinstance(flat, bytes) else flat.ravel()
        )
