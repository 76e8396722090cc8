"""Python functions of values, within compiled functions too."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from nlpkit._types import Data


def on_host(function: Callable[..., Any], shape: tuple[int, ...], *values: Data) -> Any:
    """Call a Python function of values.

    Args:
        function: takes arrays or tensors that have values, and whatever else `values` holds;
            returns an array. It has no side effects.
        shape: tuple of int. The result's.
        *values: what it is called with.

    Returns:
        float32 tensor of the shape.
    """
    return ops.convert_to_tensor(np.reshape(np.asarray(function(*values), "float32"), shape))
