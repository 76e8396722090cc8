"""Prediction for texts of any length, by overlapping windows."""

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from nlpkit._types import Data
from nlpkit.preprocessors.token_classifier_preprocessor import TokenClassifierPreprocessor
from nlpkit.preprocessors.window_preprocessor import TextWindow
from nlpkit.tasks.data.text_dataset import TextDataset
from nlpkit.tasks.data.token_reader import TokenReader
from nlpkit.tasks.results.entities import EntityReader

if TYPE_CHECKING:
    from nlpkit.tasks.task import Task

COMBINATIONS: dict[str, Any] = {"mean": np.mean, "max": np.max}


def outputs_of_windows(
    task: "Task", x: Data, batch_size: int | None, **kwargs: Any
) -> tuple[list[TextWindow], Any]:
    """The windows of texts, and the outputs for each; arguments and errors of `predict_windows`."""
    given: Any = task.preprocessor
    if given is None:
        raise ValueError("windows are made of strings: the task needs a preprocessor; it has none.")
    prepare = TokenClassifierPreprocessor(
        given.tokenizer, given.sequence_length, subwords="all", padding_side=given.padding_side
    )
    reader = TokenReader(prepare, EntityReader(()), labelled=False)
    windows = reader.windows(reader.gathered(x))
    dataset = TextDataset(reader.batch, windows, batch_size=batch_size or 32)
    outputs = keras.Model.predict(task, dataset, **kwargs)
    return [labelled.window for labelled in windows], outputs


def predict_windows(
    task: "Task", x: Data, combine: str, batch_size: int | None, **kwargs: Any
) -> Any:
    """The outputs for texts, combined of those for their windows.

    Args:
        task: `Task` on single texts, with a preprocessor.
        x: texts in any form.
        combine: str. "mean" or "max", of each output over the windows of a text.
        batch_size: int or None. The number of windows computed at once.
        **kwargs: of `keras.Model.predict`.

    Returns:
        float array `[texts, …]`.

    Raises:
        ValueError: there is no preprocessor, or `x` holds pairs.
    """
    windows, outputs = outputs_of_windows(task, x, batch_size, **kwargs)
    rows = np.array([window.row for window in windows])
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    return np.stack([COMBINATIONS[combine](part, 0) for part in np.split(outputs, starts[1:])])
