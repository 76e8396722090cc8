"""The rules that timestamps of a transcript keep (Radford et al., 2022).

A transcript begins with a timestamp that is not too late; after it timestamps stand in pairs, the
end of a segment and the start of the next, or of the whole, and never go back.

Axes: R rows, L tokens of a row, V vocabulary.
"""

from typing import Any

from keras import ops

from nlpkit._types import Tensor

# Below every logit that is finite, and itself finite.
_LEAST = -1e30


def obey_timestamps(
    logits: Tensor, rule: Tensor, *, token_ids: Tensor, end: Tensor, count: Tensor
) -> Any:
    """Set the logits of tokens that may not come next to -inf.

    If all timestamps together are more likely than any other token, one of them comes next.

    Args:
        logits: float32 `[R, V]`.
        rule: int32 `[3]`: the id of the first timestamp, which those of later ones follow and that
            of the token for none precedes; the id of the token that ends a transcript, which is
            the last but for special tokens; and the latest first timestamp, in steps.
        token_ids: int32 `[R, L]`.
        end, count: int32 `[R]`. The column after a text's last token, and how many of its tokens
            were generated.
    """
    first, stop, latest = rule[0], rule[1], rule[2]
    words = ops.arange(logits.shape[-1], dtype="int32")
    is_time = words >= first  # V
    allowed = ops.logical_not(_excluded(words, is_time, first, stop, token_ids, end, count))
    begins = (count == 0)[:, None]
    early = ops.logical_and(is_time, words <= first + latest)
    allowed = ops.logical_and(allowed, ops.where(begins, early, words != first - 1))
    times = ops.where(ops.logical_and(allowed, is_time), logits, _LEAST)
    texts = ops.where(ops.logical_and(allowed, ops.logical_not(is_time)), logits, _LEAST)
    likelier = ops.logsumexp(times, axis=-1) > ops.max(texts, axis=-1)  # R
    allowed = ops.logical_and(allowed, ops.logical_or(is_time, ops.logical_not(likelier)[:, None]))
    return ops.where(allowed, logits, -float("inf"))


def _excluded(
    words: Tensor,
    is_time: Tensor,
    first: Tensor,
    stop: Tensor,
    token_ids: Tensor,
    end: Tensor,
    count: Tensor,
) -> Any:
    """What may not follow the timestamps so far, bool `[R, V]`."""
    last, before = (_token(token_ids, end - back) >= first for back in (1, 2))
    is_last = ops.logical_and(count > 0, last)
    is_pair = ops.logical_and(is_last, ops.logical_or(count < 2, before))
    is_open = ops.logical_and(is_last, ops.logical_not(is_pair))
    columns = ops.arange(token_ids.shape[1], dtype="int32")
    new = ops.logical_and(columns >= (end - count)[:, None], columns < end[:, None])  # R L
    latest = ops.max(ops.where(new, token_ids, first - 1), axis=1)
    # A segment has a length, but the next may begin where it ends.
    least = ops.where(is_open, latest, ops.maximum(latest, first - 1) + 1)
    past = ops.logical_and(is_time, words < least[:, None])
    second = ops.logical_and(is_pair[:, None], is_time)
    unpaired = ops.logical_and(is_open[:, None], words < stop)
    return ops.logical_or(past, ops.logical_or(second, unpaired))


def _token(token_ids: Tensor, column: Tensor) -> Any:
    """The token of each row in a column, int32 `[R]`."""
    return ops.take_along_axis(token_ids, ops.maximum(column, 0)[:, None], axis=1)[:, 0]
