"""Combination of a sampler with the sampling parameters of a `generate` call."""

import copy
from typing import Any

from nlpkit.samplers.greedy_sampler import GreedySampler
from nlpkit.samplers.parameters import PARAMETERS, check_parameter
from nlpkit.samplers.random_sampler import RandomSampler
from nlpkit.samplers.sampler import Sampler


def combine(
    sampler: Sampler,
    *,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    repetition_penalty: float | None = None,
) -> Sampler:
    """Apply the sampling parameters of a `generate` call to a sampler.

    Parameters replace the sampler's own. Any of them turns greedy search into sampling, except a
    repetition penalty alone.

    Args:
        sampler: `Sampler`. It is not changed.
        temperature: float, positive.
        top_k: int, at least 1.
        top_p: float, above 0 and at most 1.
        min_p: float, from 0 to 1.
        repetition_penalty: float, positive; above 1 makes earlier tokens less likely.

    Returns:
        `sampler` itself if no parameter was given, otherwise another.

    Raises:
        TypeError: a parameter is not a number.
        ValueError: a parameter is out of range, or conflicts with the sampler.
    """
    values = (temperature, top_k, top_p, min_p, repetition_penalty)
    given: dict[str, Any] = dict(zip(PARAMETERS, values, strict=True))
    given = {name: value for name, value in given.items() if value is not None}
    for name, value in given.items():
        check_parameter(name, value)
    if not given:
        return sampler
    if hasattr(sampler, "inner"):  # It delegates the choice to another sampler.
        combined = copy.copy(sampler)
        combined.inner = combine(sampler.inner, **given)
        return combined
    if isinstance(sampler, GreedySampler) and set(given) - {"repetition_penalty"}:
        sampler = RandomSampler()
    _refuse_contradictions(sampler, given)
    combined = copy.copy(sampler)
    combined.given = sampler.given | given
    # Loops compiled for one also serve the other.
    combined.structure = sampler.structure  # type: ignore[method-assign]
    return combined


def _refuse_contradictions(sampler: Sampler, given: dict[str, Any]) -> None:
    wrong = [f"{name}={value!r}" for name, value in given.items() if name not in sampler.takes]
    if wrong:
        takes = " and ".join(sampler.takes) or "none of these parameters"
        raise ValueError(
            f"{type(sampler).__name__} does not support {', '.join(wrong)}; it takes {takes}. Omit "
            f'{"it" if len(wrong) == 1 else "them"}, or generate with sampler="random".'
        )
