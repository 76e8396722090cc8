"""Rules that a generated text keeps whatever the sampler: forced tokens, lengths, repetitions.

Axes: R rows, L tokens of a row, N stop tokens or sequences, K tokens of a sequence, V vocabulary.
"""

from typing import Any

from keras import ops

from nlpkit._types import Tensor
from nlpkit.samplers.loop.plan import Plan
from nlpkit.samplers.loop.timestamps import obey_timestamps


def obey_of(state: Any, logits: Tensor, plan: Plan) -> Any:
    """`obey` for the texts of a `State`, one a row."""
    if not plan.has_rules:
        return logits
    texts = {"token_ids": state.token_ids, "first": state.first}
    return obey(logits, plan, **texts, end=state.end, count=state.count)


def obey(
    logits: Tensor, plan: Plan, *, token_ids: Tensor, first: Tensor, end: Tensor, count: Tensor
) -> Any:
    """Set the logits of tokens that a plan's rules exclude to -inf, in transformers' order.

    Args:
        logits: float32 `[R', V]`, where R' is R, or a multiple if a row has several texts.
        plan: `Plan` of R rows.
        token_ids: int32 `[R', L]`.
        first, end: int32 `[R']`. A text's tokens are those in `[first, end)`.
        count: int32 `[R']`. How many of them were generated.
    """
    rules = plan.rules
    if plan.ngram:
        logits = _without(logits, _repeated(token_ids, first, end, plan.ngram, logits.shape[-1]))
    if not rules:
        return logits
    if "bad_words" in rules:
        sequences = rules["bad_words"]
        logits = _without(logits, _ending(token_ids, first, end, sequences, logits.shape[-1]))
    words = ops.arange(logits.shape[-1], dtype="int32")
    # What comes before the generated tokens counts in the one and not in the other.
    for name, length in (("min_length", end - first), ("min_new_tokens", count)):
        if name in rules:
            stops = _among(words, plan.stop_token_ids)
            early = length < rules[name]
            logits = _without(logits, ops.logical_and(early[:, None], stops))
    if "suppressed_ids" in rules:
        logits = _without(logits, _among(words, rules["suppressed_ids"]))
    if "suppressed_first_ids" in rules:
        begins = (count == 0)[:, None]
        first_ids = _among(words, rules["suppressed_first_ids"])
        logits = _without(logits, ops.logical_and(begins, first_ids))
    if "timestamps" in rules:
        texts = {"token_ids": token_ids, "end": end, "count": count}
        logits = obey_timestamps(logits, rules["timestamps"], **texts)
    if "forced_bos_token_id" in rules:
        logits = _only(logits, words == rules["forced_bos_token_id"], end - first == 1)
    if "forced_eos_token_id" in rules:
        limits = ops.repeat(plan.limits, count.shape[0] // plan.limits.shape[0])
        logits = _only(logits, words == rules["forced_eos_token_id"], count == limits - 1)
    return logits


def _repeated(token_ids: Tensor, first: Tensor, end: Tensor, size: int, words: int) -> Any:
    """Which tokens would end a sequence of `size` tokens that a text has: bool `[R, V]`."""
    places = ops.arange(token_ids.shape[1], dtype="int32")
    after = places >= first[:, None] + size - 1
    same = ops.logical_and(after, places < end[:, None])  # R L
    for back in range(1, size):
        last = ops.take_along_axis(token_ids, ops.maximum(end - back, 0)[:, None], axis=1)
        same = ops.logical_and(same, ops.roll(token_ids, back, axis=1) == last)
    return _marked(ops.where(same, token_ids, words), words)


def _ending(token_ids: Tensor, first: Tensor, end: Tensor, sequences: Tensor, words: int) -> Any:
    """Which tokens would end one of N sequences, int32 `[N, K]`: bool `[R, V]`.

    Those of fewer than K tokens come after entries of -1.
    """
    before, last = sequences[:, :-1], sequences[:, -1]
    places = end[:, None] - ops.arange(before.shape[1], 0, -1, dtype="int32")
    tokens = ops.take_along_axis(token_ids, ops.maximum(places, 0), axis=1)
    tokens = ops.where(places < first[:, None], -1, tokens)[:, None]  # R 1 K-1
    begun = ops.all(ops.logical_or(before < 0, tokens == before), axis=-1)  # R N
    return _marked(ops.where(begun, last, words), words)


def _marked(written: Tensor, words: int) -> Any:
    """Which tokens are among those of a row, int32 `[R, N]`, where V stands for none."""
    # None has a column of its own.
    rows = ops.arange(written.shape[0], dtype="int32")[:, None]
    indices = ops.stack([ops.broadcast_to(rows, written.shape), written], axis=-1)
    indices = ops.reshape(indices, (-1, 2))
    marks = ops.scatter_update(
        ops.zeros((written.shape[0], words + 1), dtype="int32"),
        indices,
        ops.ones((indices.shape[0],), dtype="int32"),
    )
    return marks[:, :words] > 0


def _among(words: Tensor, ids: Tensor) -> Any:
    """Which words are among ids, int32 `[N]`: bool `[V]`."""
    return ops.any(words == ids[:, None], axis=0)


def _without(logits: Tensor, excluded: Tensor) -> Any:
    return ops.where(excluded, -float("inf"), logits)


def _only(logits: Tensor, chosen: Tensor, rows: Tensor) -> Any:
    """In some rows, bool `[R]`, leave one token, bool `[V]`."""
    return ops.where(rows[:, None], ops.where(chosen, 0.0, -float("inf")), logits)
