"""Mixtures of experts: routing, and each expert applied to its own tokens.

Axes: N tokens, K experts of a token, E experts, D features.
"""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from nlpkit._types import Tensor
from nlpkit.ops import backend


def choose_experts(logits: Tensor, experts_per_token: int, normalized: bool) -> tuple[Any, Any]:
    """Choose the experts of each token by the largest softmax probabilities, its weights for them.

    Args:
        logits: float `[N, E]`.
        experts_per_token: int. K.
        normalized: bool. Whether the weights of a token are divided by their sum, which equals a
            softmax over the K chosen logits.

    Returns:
        int `[N, K]` and float32 `[N, K]`.
    """
    logits = ops.cast(logits, "float32")
    chosen, experts = ops.top_k(logits, experts_per_token)  # N K
    total = ops.logsumexp(chosen if normalized else logits, axis=-1, keepdims=True)  # N 1
    return experts, ops.exp(chosen - total)


def mix_experts(
    x: Tensor,
    chosen: Tensor,
    weights: Tensor,
    expert: Callable[..., Any],
    parameters: Sequence[Any],
) -> Any:
    """Compute `sum_k weights[n, k] expert(x[n], *parameters of expert chosen[n, k])`.

    An expert runs on the tokens routed to it only; the parameters of unused ones are not read.

    Args:
        x: float `[N, D]`.
        chosen: int `[N, K]`, in [0, E).
        weights: float `[N, K]`.
        expert: maps rows `[S, D]` and the parameters of one expert to `[S, D]`, row by row.
        parameters: tensors `[E, ...]`: those of all experts.

    Returns:
        float `[N, D]`.
    """
    outputs = backend.apply_experts(x, chosen, expert, parameters)  # N K D
    return ops.sum(outputs * ops.cast(weights, outputs.dtype)[..., None], axis=1)


def balance_loss(logits: Tensor, chosen: Tensor, mask: Tensor = None) -> Any:
    """Compute the load-balancing loss `E sum_e f_e p_e`, least when tokens are spread evenly.

    f_e is the number of tokens routed to expert e and p_e the sum of its probabilities, both
    divided by the number of tokens (Fedus et al., 2021, arXiv:2101.03961, eq. 4 to 6).

    Args:
        logits: float `[N, E]`.
        chosen: int `[N, K]`.
        mask: bool `[N]`, True = real token; None when all are.
    """
    num_experts = logits.shape[-1]
    probabilities = ops.softmax(ops.cast(logits, "float32"), axis=-1)  # N E
    counts = ops.sum(ops.one_hot(chosen, num_experts, dtype="float32"), axis=1)  # N E
    real = ops.ones_like(counts[:, :1]) if mask is None else ops.cast(mask, "float32")[:, None]
    total = ops.maximum(ops.sum(real), 1.0)
    shares = (ops.sum(real * values, axis=0) / total for values in (counts, probabilities))  # E
    return num_experts * ops.sum(next(shares) * next(shares))
