"""Mixtures of experts: which tokens go to which expert, and each expert on its tokens only.

Axes: N tokens, K experts of a token, P = N K pairs of a token and one of its experts, E experts,
C blocks of S pairs with one expert each, D features.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

# With fewer rows a block takes no less time; with more, a row takes no less time.
_LEAST_ROWS, _MOST_ROWS = 8, 64


def choose_experts(logits: Any, experts_per_token: int, normalized: bool) -> tuple[Any, Any]:
    """The experts of each token, and their weights: the largest softmax probabilities.

    Args:
        logits: float `[N, E]`.
        experts_per_token: int. K.
        normalized: bool. Whether the weights of a token are divided by their sum, which is to take
            the softmax of the K chosen logits.

    Returns:
        int `[N, K]` and float32 `[N, K]`.
    """
    logits = ops.cast(logits, "float32")
    chosen, experts = ops.top_k(logits, experts_per_token)  # N K
    total = ops.logsumexp(chosen if normalized else logits, axis=-1, keepdims=True)  # N 1
    return experts, ops.exp(chosen - total)


def mix_experts(
    x: Any, chosen: Any, weights: Any, expert: Callable[..., Any], parameters: Sequence[Any]
) -> Any:
    """Compute `sum_k weights[n, k] expert(x[n], *parameters of expert chosen[n, k])`.

    No expert is applied to a token that did not choose it, and no expert that nobody chose is read.

    Args:
        x: float `[N, D]`.
        chosen: int `[N, K]`, in [0, E).
        weights: float `[N, K]`.
        expert: maps rows `[S, D]` and the parameters of one expert to `[S, D]`, row by row.
        parameters: tensors `[E, ...]`: those of all experts.

    Returns:
        float `[N, D]`.
    """
    if keras.backend.backend() == "torch":
        from nlpkit.ops.experts_torch import apply_to_groups

        outputs = apply_to_groups(x, chosen, expert, parameters)  # N K D
    else:
        outputs = _apply_to_blocks(x, chosen, expert, parameters)  # N K D
    return ops.sum(outputs * ops.cast(weights, outputs.dtype)[..., None], axis=1)


def balance_loss(logits: Any, chosen: Any, mask: Any = None) -> Any:
    """`E sum_e f_e p_e`: least when the experts get equal shares of the tokens.

    f is the number of tokens that chose expert e, p the sum of its probabilities, both divided by
    the number of tokens (Fedus et al., 2021, arXiv:2101.03961, eq. 4 to 6).

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


def _apply_to_blocks(
    x: Any, chosen: Any, expert: Callable[..., Any], parameters: Sequence[Any]
) -> Any:
    """Each token through each of its experts, `[N, K, D]`, in shapes that no choice changes.

    The pairs are sorted by expert and cut into blocks of one expert each, whose last rows may be
    empty; then the blocks are done one after the other.
    """
    num_experts, per_token = parameters[0].shape[0], chosen.shape[1]
    chosen = ops.cast(ops.reshape(chosen, [-1]), "int32")  # P
    pairs = ops.arange(ops.shape(chosen)[0], dtype="int32")  # P
    rows = _rows_of_block(x.shape[0], chosen.shape[0], num_experts)
    counts = ops.sum(_one_hot(chosen, num_experts), axis=0)  # E
    blocks = (counts + rows - 1) // rows  # E
    ends, block_ends = ops.cumsum(counts), ops.cumsum(blocks)  # E
    starts, block_starts = ends - counts, block_ends - blocks  # E
    # Pairs of one expert stay in their order: a sort need not be stable.
    order = ops.argsort(chosen * ops.shape(pairs)[0] + pairs)  # P
    ranks = ops.argsort(order) - ops.take(starts, chosen)  # P, within the expert
    slots = ops.take(block_starts, chosen) * rows + ranks  # P

    block = ops.arange(_most_blocks(chosen, rows, num_experts), dtype="int32")  # C
    owner = ops.sum(ops.cast(block[:, None] >= block_ends, "int32"), axis=1)  # C, E if unused
    used = owner < num_experts
    owner = ops.minimum(owner, num_experts - 1)
    within = (block - ops.take(block_starts, owner)) * rows  # C
    sources = (ops.take(starts, owner) + within)[:, None] + ops.arange(rows, dtype="int32")  # C S
    sources = ops.clip(sources, 0, ops.shape(pairs)[0] - 1)
    inputs = ops.take(x, ops.take(order, sources) // per_token, axis=0)  # C S D

    def run(block: tuple[Any, Any, Any]) -> Any:
        rows, owner, used = block
        own = [_entry(parameter, owner) for parameter in parameters]
        return ops.cond(used, lambda: expert(rows, *own), lambda: ops.zeros_like(rows))

    outputs = ops.map(run, (inputs, owner, used))  # C S D
    outputs = ops.take(ops.reshape(outputs, [-1, x.shape[-1]]), slots, axis=0)  # P D
    return ops.reshape(outputs, [-1, per_token, x.shape[-1]])


def _one_hot(chosen: Any, num_experts: int) -> Any:
    return ops.cast(chosen[:, None] == ops.arange(num_experts, dtype="int32"), "int32")


def _entry(parameter: Any, index: Any) -> Any:
    """`parameter[index]`; a slice, because XLA would copy what it gathers."""
    if keras.backend.backend() == "tensorflow":
        from nlpkit.ops.experts_tensorflow import entry

        return entry(parameter, index)
    shape = parameter.shape[1:]
    start = ops.stack([index] + [ops.zeros_like(index)] * len(shape))
    return ops.reshape(ops.slice(parameter, start, (1, *shape)), shape)


def _rows_of_block(tokens: int | None, pairs: int | None, num_experts: int) -> int:
    """S: about as many as an expert gets, so that few rows are empty and few blocks needed."""
    if tokens is None or pairs is None:
        return _MOST_ROWS // 2
    share = max(_LEAST_ROWS, -(-pairs // num_experts))
    return min(_MOST_ROWS, 1 << (share - 1).bit_length(), tokens)


def _most_blocks(chosen: Any, rows: int, num_experts: int) -> Any:
    """C: enough however the experts are chosen."""
    least = min if chosen.shape[0] is not None else ops.minimum
    pairs = ops.shape(chosen)[0]
    return least(pairs, pairs // rows + num_experts)
