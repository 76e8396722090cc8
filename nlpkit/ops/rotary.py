"""Rotary position embeddings: angles of positions, and the rotation of queries and keys.

Axes: B batch, T sequence, H heads, D features of one head, R rotated features (R <= D).
"""

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from keras import ops

from nlpkit._types import Tensor

Layout = Literal["half", "interleaved"]


def inverse_frequencies(
    rotary_dim: int, max_wavelength: float, denominator_dim: int | None = None
) -> np.ndarray:
    """Compute the radians per position of each pair, `max_wavelength ** (-2i / denominator_dim)`.

    A scaled variant (linear, YaRN, Llama 3, ...) is another array of the same shape, which
    `rotary_angles` takes in its place.

    Args:
        rotary_dim: int. R, the number of rotated features; even.
        max_wavelength: float. The base of the geometric progression, `rope_theta` in many configs.
        denominator_dim: int or None. What the exponents are divided by, e.g. the size of the whole
            head when only R of its features are rotated; None means R.

    Returns:
        float32 `[R / 2]`, computed in float64 and rounded once.

    Raises:
        ValueError: `rotary_dim` is odd or not positive, or `denominator_dim` is not positive.
    """
    return _frequencies(rotary_dim, max_wavelength, denominator_dim).astype("float32")


def linear_frequencies(
    rotary_dim: int,
    max_wavelength: float,
    scaling_factor: float,
    denominator_dim: int | None = None,
) -> np.ndarray:
    """Divide every frequency by `scaling_factor`, which equals dividing the positions by it.

    Position interpolation (Chen et al., 2023, arXiv:2306.15595).

    Args:
        rotary_dim: int. R, the number of rotated features; even.
        max_wavelength: float. The base of the geometric progression.
        scaling_factor: float. s, how many times longer sequences may get; positive.
        denominator_dim: int or None. As for `inverse_frequencies`.

    Returns:
        float32 `[R / 2]`, computed in float64 and rounded once.

    Raises:
        ValueError: as for `inverse_frequencies`, or `scaling_factor` is not positive.
    """
    _require_positive(scaling_factor=scaling_factor)
    frequencies = _frequencies(rotary_dim, max_wavelength, denominator_dim)
    return (frequencies / scaling_factor).astype("float32")


def dynamic_frequencies(
    rotary_dim: int,
    max_wavelength: float,
    scaling_factor: float,
    denominator_dim: int | None = None,
) -> np.ndarray:
    """Divide every frequency by `scaling_factor ** (R / (R - 2))`, as KerasHub's "dynamic" does.

    Despite the name this is not dynamic NTK scaling, which multiplies the base by that power, so
    that the fastest pair stays as it is, and lets s grow with the length of the sequence. Here
    all pairs are slowed alike at every length: it is linear scaling by a somewhat larger factor,
    and `max(1, R - 2)` stands for R - 2.

    Args:
        rotary_dim: int. R, the number of rotated features; even.
        max_wavelength: float. The base of the geometric progression.
        scaling_factor: float. s; positive.
        denominator_dim: int or None. As for `inverse_frequencies`; the power of s keeps R.

    Returns:
        float32 `[R / 2]`, computed in float64 and rounded once.

    Raises:
        ValueError: as for `inverse_frequencies`, or `scaling_factor` is not positive.
    """
    _require_positive(scaling_factor=scaling_factor)
    frequencies = _frequencies(rotary_dim, max_wavelength, denominator_dim)
    power = rotary_dim / max(1, rotary_dim - 2)
    return (frequencies / float(scaling_factor) ** power).astype("float32")


def yarn_frequencies(
    rotary_dim: int,
    max_wavelength: float,
    scaling_factor: float,
    beta_fast: float = 32.0,
    beta_slow: float = 1.0,
    original_max_position_embeddings: int = 4096,
    truncate: bool = True,
) -> np.ndarray:
    """Divide the frequencies of slow pairs by `scaling_factor`, and keep those of fast ones.

    Pair i makes `r = L f_i / (2 pi)` turns over the L positions of pre-training. Pairs with more
    than `beta_fast` turns keep their frequency f, those with fewer than `beta_slow` get f / s, and
    in between the two are mixed: `f (1 - ramp) + f / s ramp` (YaRN; Peng et al., 2023,
    arXiv:2309.00071). As in the authors' code, and unlike the paper's formula, the ramp is linear
    in i rather than in r, from i = 0 at the earliest to i = R - 1 at the latest. Attention
    scores are scaled along with it, see `yarn_attention_factor`.

    Args:
        rotary_dim: int. R, the number of rotated features; even.
        max_wavelength: float. The base of the geometric progression; more than 1.
        scaling_factor: float. s, how many times longer than L sequences may get; positive.
        beta_fast: float. The number of turns where the ramp begins; positive.
        beta_slow: float. The number of turns where the ramp ends; positive.
        original_max_position_embeddings: int. L; positive.
        truncate: bool. Whether the ramp begins and ends at whole i, rounded outwards.

    Returns:
        float32 `[R / 2]`, computed in float64 and rounded once.

    Raises:
        ValueError: `rotary_dim` is odd or not positive, or another number is out of its range.
    """
    _require_positive(
        scaling_factor=scaling_factor,
        beta_fast=beta_fast,
        beta_slow=beta_slow,
        original_max_position_embeddings=original_max_position_embeddings,
    )
    if max_wavelength <= 1:
        raise ValueError(f"max_wavelength must be more than 1; got {max_wavelength}.")
    frequencies = _frequencies(rotary_dim, max_wavelength)

    def pair_with(turns: float) -> float:
        wavelength = original_max_position_embeddings / turns
        return rotary_dim / 2 * math.log(wavelength / (2 * math.pi)) / math.log(max_wavelength)

    begin, end = pair_with(beta_fast), pair_with(beta_slow)
    if truncate:
        begin, end = math.floor(begin), math.ceil(end)
    begin, end = max(begin, 0), min(end, rotary_dim - 1)
    # A ramp of no length, or with its ends swapped, is a step.
    ramp = np.clip((np.arange(rotary_dim // 2) - begin) / max(end - begin, 1e-3), 0, 1)
    return (frequencies * (1 - ramp + ramp / scaling_factor)).astype("float32")


def yarn_attention_factor(scaling_factor: float) -> float:
    """Compute YaRN's factor of rotated queries and keys, `0.1 ln(scaling_factor) + 1`.

    Scores grow by its square, the inverse of the paper's temperature (Peng et al., 2023,
    arXiv:2309.00071). A factor below 1 gives less than 1, as in KerasHub; others stop at 1.

    Args:
        scaling_factor: float. How many times longer sequences may get; positive.

    Raises:
        ValueError: `scaling_factor` is not positive.
    """
    _require_positive(scaling_factor=scaling_factor)
    return 0.1 * math.log(scaling_factor) + 1


def llama3_frequencies(
    rotary_dim: int,
    max_wavelength: float,
    scaling_factor: float,
    low_frequency_factor: float,
    high_frequency_factor: float,
    original_length: int,
) -> np.ndarray:
    """Divide the frequencies of slow pairs by `scaling_factor`, as Llama 3.1 does.

    For a pair that makes r turns over the `original_length` positions of pre-training, the
    frequency f becomes `f ((1 - m) / s + m)`, where m grows from 0 at r = `low_frequency_factor`
    to 1 at r = `high_frequency_factor`, linear in r (Grattafiori et al., 2024, arXiv:2407.21783).

    Returns:
        float32 `[R / 2]`, computed in float64 and rounded once.

    Raises:
        ValueError: as for `inverse_frequencies`, or another number is out of its range.
    """
    _require_positive(scaling_factor=scaling_factor, original_length=original_length)
    if high_frequency_factor <= low_frequency_factor:
        raise ValueError(
            f"high_frequency_factor must be more than low_frequency_factor; got "
            f"{high_frequency_factor} and {low_frequency_factor}."
        )
    frequencies = _frequencies(rotary_dim, max_wavelength)
    turns = original_length * frequencies / (2 * math.pi)
    span = high_frequency_factor - low_frequency_factor
    kept = np.clip((turns - low_frequency_factor) / span, 0, 1)
    return (frequencies * ((1 - kept) / scaling_factor + kept)).astype("float32")


def divided_frequencies(
    rotary_dim: int, max_wavelength: float, divisors: Sequence[float]
) -> np.ndarray:
    """Divide each pair's frequency by its own divisor (LongRoPE; Ding et al., 2024, 2402.13753).

    Returns:
        float32 `[R / 2]`, computed in float64 and rounded once.

    Raises:
        ValueError: as for `inverse_frequencies`, or `divisors` are not R / 2 positive numbers.
    """
    frequencies = _frequencies(rotary_dim, max_wavelength)
    if len(divisors) != len(frequencies) or min(divisors) <= 0:
        raise ValueError(
            f"Each of the {len(frequencies)} rotated pairs needs a positive divisor of its "
            f"frequency; got {list(divisors)}."
        )
    return (frequencies / np.asarray(divisors, "float64")).astype("float32")


def _frequencies(
    rotary_dim: int, max_wavelength: float, denominator_dim: int | None = None
) -> np.ndarray:
    if rotary_dim <= 0 or rotary_dim % 2:
        raise ValueError(
            f"Rotary embeddings rotate pairs of features, so rotary_dim must be even and positive; "
            f"got rotary_dim={rotary_dim}."
        )
    denominator = rotary_dim if denominator_dim is None else denominator_dim
    _require_positive(denominator_dim=denominator)
    return float(max_wavelength) ** -(np.arange(0, rotary_dim, 2, dtype="float64") / denominator)


def _require_positive(**arguments: float) -> None:
    for name, value in arguments.items():
        if value <= 0:
            raise ValueError(f"{name} must be positive; got {name}={value}.")


def rotary_angles(positions: Tensor, frequencies: Tensor) -> Any:
    """Compute the angle of each pair of features at each position.

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


def apply_rotary(x: Tensor, cos: Tensor, sin: Tensor, layout: Layout = "half") -> Any:
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
        The rotated `x`, with shape and dtype unchanged.

    Raises:
        ValueError: `layout` is unknown, or `x` has fewer than R features.
    """
    if layout not in ("half", "interleaved"):
        raise ValueError(f'layout must be "half" or "interleaved"; got layout={layout!r}.')
    rotary_dim = 2 * cos.shape[-1]
    if x.shape[-1] < rotary_dim:
        raise ValueError(
            f"x must have the {rotary_dim} features that the angles rotate; got {x.shape[-1]}."
        )
    for _ in range(len(x.shape) - 3):
        cos, sin = cos[..., None, :], sin[..., None, :]  # B T 1 R/2
    same = x.dtype == cos.dtype  # Casts cost as much as products for a single row on PyTorch.
    rotated = x[..., :rotary_dim]
    rotated = _rotate(rotated if same else ops.cast(rotated, cos.dtype), cos, sin, layout)
    rotated = rotated if same else ops.cast(rotated, x.dtype)
    rest = x[..., rotary_dim:]
    return ops.concatenate([rotated, rest], axis=-1) if rest.shape[-1] else rotated


def _rotate(x: Tensor, cos: Tensor, sin: Tensor, layout: Layout) -> Any:
    if layout == "half":
        a, b = x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2 :]
        return ops.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)
    a, b = x[..., 0::2], x[..., 1::2]
    pairs = ops.stack([a * cos - b * sin, b * cos + a * sin], axis=-1)  # ... R/2 2
    return ops.reshape(pairs, ops.shape(x))
