"""The parameters of samplers: their names and ranges."""

import math
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np

from nlpkit._types import Tensor


class _Range(NamedTuple):
    text: str
    kind: type
    holds: Callable[[Any], bool]


# What `generate` accepts in addition to a sampler, in this order.
PARAMETERS = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty")
_POSITIVE = _Range("a positive number", Real, lambda x: 0 < x < math.inf)
_COUNT = _Range("a whole number of at least 1", Integral, lambda x: 1 <= x < 2**31)
_SHARE = _Range("a number from 0 to 1", Real, lambda x: 0 <= x <= 1)
_RANGES = {
    "temperature": _POSITIVE,
    "top_k": _COUNT,
    "top_p": _Range("a number above 0 and at most 1", Real, lambda x: 0 < x <= 1),
    "min_p": _SHARE,
    "repetition_penalty": _POSITIVE,
    "length_penalty": _Range("a number", Real, math.isfinite),
    "alpha": _SHARE,
    "count": _COUNT,
}


def check_parameter(parameter: str, value: Tensor, argument: str | None = None) -> None:
    """Raise an error if a parameter is out of its range.

    Args:
        parameter: str. One of `PARAMETERS`, "length_penalty", "alpha" or "count".
        value: its value; NumPy's numbers do, too.
        argument: str. What the caller calls it, by default as `parameter`.

    Raises:
        TypeError: the value is no number of that kind.
        ValueError: it is out of range.
    """
    allowed = _RANGES[parameter]
    of_kind = isinstance(value, allowed.kind) and not isinstance(value, bool)
    if of_kind and allowed.holds(value):
        return
    error = ValueError if of_kind else TypeError
    raise error(f"{argument or parameter} must be {allowed.text}; got {value!r}.")


def plan_values(parameters: Mapping[str, float]) -> dict[str, np.ndarray]:
    """The parameters as arrays that a plan holds: int32 for counts, else float32."""
    return {
        name: np.asarray(value, "int32" if name == "top_k" else "float32")
        for name, value in parameters.items()
    }
