"""Choosing the next token from logits, by pure functions; every parameter is a runtime value.

They compute with weights, `exp((logits - largest) / temperature)`: a filter sets those that it
drops to 0, and they are divided by their sum only where probabilities are needed.

Letters: R rows, V vocabulary, T tokens, N blocks of C entries of the vocabulary.
"""

from collections.abc import Mapping
from typing import Any

from keras import ops

from nlpkit._types import Tensor
from nlpkit.ops import backend
from nlpkit.ops.blocks import in_blocks


def sampling_weights(logits: Tensor, parameters: Mapping[str, Any]) -> Any:
    """Weigh the vocabulary by all parameters that are given, in the order of transformers.

    Args:
        logits: float `[R, V]`.
        parameters: may hold "temperature", then "top_k", "top_p", "min_p", see the functions
            below; whatever else it holds is ignored.

    Returns:
        float32 `[R, V]`, the largest weight of a row is 1.
    """
    weights = weigh(logits, parameters.get("temperature"))
    for name, keep in (("top_k", keep_top_k), ("top_p", keep_top_p), ("min_p", keep_min_p)):
        if name in parameters:
            weights = keep(weights, parameters[name])
    return weights


def weigh(logits: Tensor, temperature: Tensor = None) -> Any:
    """Compute `exp((logits - largest) / temperature)` in float32.

    Args:
        logits: float `[R, V]`.
        temperature: float, positive, a scalar or `[R]`.
    """
    logits = ops.cast(logits, "float32")
    logits = logits - ops.max(logits, axis=-1, keepdims=True)
    return ops.exp(logits if temperature is None else logits / _column(temperature))


def keep_top_k(weights: Tensor, k: Tensor) -> Any:
    """Keep the `k` tokens with the largest weights, and ties with the k-th."""
    return ops.where(weights >= backend.count_threshold(weights, k), weights, 0.0)


def keep_top_p(weights: Tensor, p: Tensor) -> Any:
    """Keep the fewest tokens that have at least the share `p` of the weight.

    Nucleus sampling (Holtzman et al., 2019, arXiv:1904.09751). Ties with the last one stay.
    """
    return ops.where(weights >= backend.mass_threshold(weights, p), weights, 0.0)


def keep_min_p(weights: Tensor, p: Tensor) -> Any:
    """Drop tokens below `p` times the largest weight (Nguyen et al., 2024, arXiv:2407.01082)."""
    return ops.where(weights >= _column(p), weights, 0.0)


def probabilities_of(weights: Tensor) -> Any:
    """Divide weights `[R, V]` by the sum of their row."""
    return weights / ops.sum(weights, axis=-1, keepdims=True)


def choose_by(weights: Tensor, uniform: Tensor) -> Any:
    """Choose a token of each row with a probability proportional to its weight.

    It is the first whose cumulative weight exceeds `uniform` times the total: first the block is
    found, then the token in it.

    Args:
        weights: float32 `[R, V]`, not negative.
        uniform: float32 `[R]`, in [0, 1).

    Returns:
        int32 `[R]`, never a token of weight 0 unless all are.
    """
    blocks = in_blocks(weights)  # R N C
    masses = ops.sum(blocks, axis=-1)
    until = ops.cumsum(masses, axis=-1)
    target = ops.expand_dims(uniform, -1) * until[:, -1:]
    block = _first_past(target, until, masses)  # R 1
    before = ops.concatenate([ops.zeros_like(until[:, :1]), until[:, :-1]], axis=-1)
    target = target - ops.take_along_axis(before, block, axis=-1)
    inner = ops.take_along_axis(blocks, ops.expand_dims(block, -1), axis=1)[:, 0]  # R C
    entry = _first_past(target, ops.cumsum(inner, axis=-1), inner)
    return ops.squeeze(block * blocks.shape[-1] + entry, axis=-1)


def _first_past(target: Tensor, until: Tensor, masses: Tensor) -> Any:
    """The first index past the target; the last with a weight if rounding leaves none."""
    size = masses.shape[-1]
    indices = ops.arange(size, dtype="int32")
    present = masses > 0
    reached = ops.where(ops.logical_and(until > target, present), indices, size)
    last = ops.max(ops.where(present, indices, 0), axis=-1, keepdims=True)
    return ops.minimum(ops.min(reached, axis=-1, keepdims=True), last)  # R 1


def greedy_choice(logits: Tensor) -> Any:
    """Choose the token with the largest logit, the first of ties: `[R, V]` -> int32 `[R]`."""
    return ops.cast(ops.argmax(logits, axis=-1), "int32")


def repetition_penalty(logits: Tensor, token_ids: Tensor, mask: Tensor, penalty: Tensor) -> Any:
    """Make tokens that were used less likely, or, with a penalty below 1, more likely.

    A positive logit is divided by the penalty, a negative one multiplied by it (Keskar et al.,
    2019, arXiv:1909.05858, as transformers completes it for negative logits).

    Args:
        logits: float `[R, V]`.
        token_ids: int32 `[R, T]`, the prompt and what was generated.
        mask: bool `[R, T]`, which of the tokens count; at least one of each row.
        penalty: float, positive, a scalar or `[R]`.

    Returns:
        The logits `[R, V]`.
    """
    some = ops.cast(ops.argmax(mask, axis=-1), "int32")[:, None]
    used = ops.where(mask, token_ids, ops.take_along_axis(token_ids, some, axis=-1))  # R T
    old = ops.take_along_axis(logits, used, axis=-1)
    penalty = ops.cast(_column(penalty), logits.dtype)
    new = ops.where(old < 0, old * penalty, old / penalty)
    rows = ops.broadcast_to(ops.arange(used.shape[0], dtype="int32")[:, None], ops.shape(used))
    indices = ops.reshape(ops.stack([rows, used], axis=-1), (-1, 2))
    return ops.scatter_update(logits, indices, ops.reshape(new, (-1,)))


def has_nan(logits: Tensor) -> Any:
    """Which rows contain NaN, or both infinities: `[R, V]` -> bool `[R]`."""
    return ops.isnan(ops.sum(logits, axis=-1))


def _column(parameter: Tensor) -> Any:
    return ops.reshape(parameter, (-1, 1))  # R 1 or 1 1
