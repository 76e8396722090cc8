"""Rotary positions: angles from integer positions, and the rotation of queries and keys by them.

Axes: B batch, T sequence, H heads, D features of one head, R rotated features (R <= D).
"""

from typing import Any, Literal

import numpy as np
from keras import ops

Layout = Literal["half", "interleaved"]


def inverse_frequencies(rotary_dim: int, max_wavelength: float) -> np.ndarray:
    """Radians per position of each rotated pair, `max_wavelength ** (-2i / rotary_dim)`.

    A scaled variant (linear, YaRN, Llama 3, ...) is another array of the same shape: every other
    function here takes the array as it is.

    Args:
        rotary_dim: int. R, the number of rotated features; even.
        max_wavelength: float. The base of the geometric progression, `rope_theta` in many configs.

    Returns:
        float32 `[R / 2]`, computed in float64 and rounded once.

    Raises:
        ValueError: `rotary_dim` is odd or not positive.
    """
    if rotary_dim <= 0 or rotary_dim % 2:
        raise ValueError(
            f"Rotary positions turn pairs of features, so rotary_dim must be even and positive; "
            f"got rotary_dim={rotary_dim}."
        )
    exponents = np.arange(0, rotary_dim, 2, dtype="float64") / rotary_dim
    return (float(max_wavelength) ** -exponents).astype("float32")


def rotary_angles(positions: Any, frequencies: Any) -> Any:
    """The angle of each pair of features at each position.

    Args:
        positions: integers `[B, T]` or `[T]`.
        frequencies: float32 `[R / 2]`, see `inverse_frequencies`.

    Returns:
        float32 `[B, T, R / 2]`, with B = 1 for positions without a batch.
    """
    positions = ops.cast(positions, "float32")
    if len(positions.shape) == 1:
        positions = ops.expand_dims(positions, 0)
    frequencies = ops.convert_to_tensor(frequencies, "float32")
    return ops.expand_dims(positions, -1) * frequencies  # B T R/2


def apply_rotary(x: Any, cos: Any, sin: Any, layout: Layout = "half") -> Any:
    """Rotate the first R features of `x`, pair by pair; the others pass through.

    `(a, b) -> (a cos - b sin, b cos + a sin)` for each pair (Su et al., 2021, arXiv:2104.09864).
    The rotation is computed in the dtype of `cos` and `sin`, which is thus the caller's choice.

    Args:
        x: float `[B, T, H, D]`, or any shape that begins with B and T and ends with D.
        cos: float `[B, T, R / 2]`, cosines of the angles; B may be 1.
        sin: float `[B, T, R / 2]`, their sines.
        layout: which features make pair i: "half" is (i, i + R / 2), as in GPT-NeoX and Llama;
            "interleaved" is (2i, 2i + 1), as in the paper and GPT-J.

    Returns:
        The rotated `x`, its shape and dtype unchanged.

    Raises:
        ValueError: `layout` is unknown, or `x` has fewer than R features.
    """
    if layout not in ("half", "interleaved"):
        raise ValueError(f'layout must be "half" or "interleaved"; got layout={layout!r}.')
    rotary_dim = 2 * cos.shape[-1]
    if x.shape[-1] < rotary_dim:
        raise ValueError(
            f"x must have at least the {rotary_dim} features that the angles rotate; "
            f"its last axis has {x.shape[-1]}."
        )
    for _ in range(len(x.shape) - 3):
        cos, sin = ops.expand_dims(cos, -2), ops.expand_dims(sin, -2)  # B T 1 R/2
    rotated = _rotate(ops.cast(x[..., :rotary_dim], cos.dtype), cos, sin, layout)
    rotated = ops.cast(rotated, x.dtype)
    if rotary_dim == x.shape[-1]:
        return rotated
    return ops.concatenate([rotated, x[..., rotary_dim:]], axis=-1)


def _rotate(x: Any, cos: Any, sin: Any, layout: Layout) -> Any:
    if layout == "half":
        a, b = ops.split(x, 2, axis=-1)
        return ops.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)
    a, b = x[..., 0::2], x[..., 1::2]
    pairs = ops.stack([a * cos - b * sin, b * cos + a * sin], axis=-1)  # ... R/2 2
    return ops.reshape(pairs, ops.shape(x))
