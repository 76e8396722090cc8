"""Tensors of PyTorch from NumPy arrays."""

from typing import Any

import numpy as np

from nlpkit._compat import require

torch: Any = require("torch", "the PyTorch backend")


def to_tensor(value: np.ndarray) -> Any:
    """The array as a contiguous tensor: itself if it is so (Keras copies), else as PyTorch copies.

    What is left transposed gives products that differ in the last bit from those of a saved model.
    """
    if value.dtype == np.dtype("bfloat16"):
        return torch.from_numpy(value.view("int16")).view(torch.bfloat16).contiguous()
    return torch.from_numpy(value).contiguous()
