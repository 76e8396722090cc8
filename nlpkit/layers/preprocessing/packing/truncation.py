"""Warnings and errors for truncated tokens and audio."""

import numpy as np

from nlpkit._warning import warn
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice


class TruncationReport:
    """Report truncated tokens as the argument `truncation` says.

    Args:
        truncation: "error" raises each time, "warn" warns the first time for each length, "silent"
            does nothing.
        name: str. The layer's name, for the report.
        unit: str. What is cut. Default "tokens".

    Raises:
        ValueError: `truncation` is another value.
    """

    def __init__(self, truncation: str, name: str, unit: str = "tokens") -> None:
        check_choice("truncation", truncation, ("warn", "error", "silent"))
        self._truncation = truncation
        self._name = name
        self._unit = unit
        self._warned: set[tuple[str, int]] = set()

    def __call__(self, cut: np.ndarray, length: int, argument: str = "sequence_length") -> None:
        """Report that rows were cut to `length`; `cut` counts them, `[batch]`.

        Raises:
            ValueError: tokens were cut and `truncation` is "error".
        """
        kind = (argument, length)
        known = self._truncation == "silent" or kind in self._warned
        if known or not cut.any():
            return
        message = (
            f"{self._name} cut {cut.sum()} {self._unit} from {np.count_nonzero(cut)} of {len(cut)} "
            f"examples to fit {argument}={length}. Make {argument} larger, or choose "
            'truncation="silent" ("warn" reports the first time, "error" every time).'
        )
        if self._truncation == "error":
            raise ValueError(message)
        self._warned.add(kind)
        warn(message)
