"""Mixtures of experts with static shapes, for compilers.

Axes: N tokens, K experts of a token, P = N K pairs of a token and one of its experts, E experts,
C blocks of S pairs with one expert each, D features.
"""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from nlpkit._types import Tensor
from nlpkit.ops.sizes import power_of_two

# With fewer rows a block takes no less time; with more, a row takes no less time.
_LEAST_ROWS, _MOST_ROWS = 8, 64


def apply_experts(
    x: Tensor, chosen: Tensor, expert: Callable[..., Any], parameters: Sequence[Any]
) -> Any:
    """Apply to each token `[N, D]` each of its experts `[N, K]`: `[N, K, D]`."""
    return apply_to_blocks(x, chosen, expert, parameters, _entry)


def apply_to_blocks(
    x: Tensor,
    chosen: Tensor,
    expert: Callable[..., Any],
    parameters: Sequence[Any],
    entry: Callable[[Any, Any], Any],
) -> Any:
    """Apply to each token each of its experts, `[N, K, D]`, block by block.

    The pairs are sorted by expert and split into blocks of one expert each, the last rows of which
    may be unused, so that no shape depends on the routing.
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
        own = [entry(parameter, owner) for parameter in parameters]
        return ops.cond(used, lambda: expert(rows, *own), lambda: ops.zeros_like(rows))

    outputs = ops.map(run, (inputs, owner, used))  # C S D
    outputs = ops.take(ops.reshape(outputs, [-1, x.shape[-1]]), slots, axis=0)  # P D
    return ops.reshape(outputs, [-1, per_token, x.shape[-1]])


def _one_hot(chosen: Tensor, num_experts: int) -> Any:
    return ops.cast(chosen[:, None] == ops.arange(num_experts, dtype="int32"), "int32")


def _entry(parameter: Tensor, index: Tensor) -> Any:
    """`parameter[index]`; a slice, because XLA would copy what it gathers."""
    shape = parameter.shape[1:]
    start = ops.stack([index] + [ops.zeros_like(index)] * len(shape))
    return ops.reshape(ops.slice(parameter, start, (1, *shape)), shape)


def _rows_of_block(tokens: int | None, pairs: int | None, num_experts: int) -> int:
    """S: about as many as an expert gets, so that few rows are empty and few blocks needed."""
    if tokens is None or pairs is None:
        return _MOST_ROWS // 2
    share = max(_LEAST_ROWS, -(-pairs // num_experts))
    return min(_MOST_ROWS, power_of_two(share), tokens)


def _most_blocks(chosen: Tensor, rows: int, num_experts: int) -> Any:
    """C: enough for any routing."""
    least = min if chosen.shape[0] is not None else ops.minimum
    pairs = ops.shape(chosen)[0]
    return least(pairs, pairs // rows + num_experts)
