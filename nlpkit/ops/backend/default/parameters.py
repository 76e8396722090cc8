"""Variables in the memory of NumPy arrays, which most backends copy."""

from typing import Any

import numpy as np


def keeps_arrays() -> bool:
    """Whether variables share the memory of the arrays they are given, if the dtype fits."""
    return False


def adopt_array(array: np.ndarray, trainable: bool) -> Any:
    """Make a value of a variable that shares a writable array's memory; None where it is copied."""
    return None
