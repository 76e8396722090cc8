"""Warnings that point at the line of the user's code that caused them."""

import sys
import warnings
from types import FrameType

_INNER = ("nlpkit", "keras", "tensorflow", "torch", "jax", "threading", "concurrent")


def warn(message: str) -> None:
    """Warn at the innermost line outside nlpkit and the libraries that call it back.

    Args:
        message: str. The text of the `UserWarning`.
    """
    level = 2
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _INNER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)
