"""Prompt lookup: guesses of the next tokens from earlier in the text.

Axes: R rows, L tokens (prompt and generated), K guesses.
"""

from typing import Any

from keras import ops

from nlpkit._types import Tensor


def look_up(token_ids: Tensor, first: Tensor, end: Tensor, guesses: int, longest: int) -> Any:
    """Guess the next tokens of each row (Saxena, 2023, prompt lookup decoding).

    Find the earlier position whose preceding tokens match the end of the row, for as many of the
    last `longest` tokens as possible; of several such positions, the last. The guesses are the
    tokens from there on, repeated when they run past the end.

    Args:
        token_ids: int32 `[R, L]`.
        first, end: int32 `[R]`. The row's tokens are those in `[first, end)`.
        guesses: int. K.
        longest: int. The maximum number of tokens to compare.

    Returns:
        int32 `[R, K]`; arbitrary if even the last token is new.
    """
    size = token_ids.shape[1]
    places = ops.arange(size, dtype="int32")  # The guesses would start here.
    same = ops.ones_like(token_ids, dtype="bool")
    score = ops.zeros_like(token_ids)
    for back in range(1, longest + 1):
        last = ops.take_along_axis(token_ids, ops.maximum(end - back, 0)[:, None], axis=1)
        earlier = ops.roll(token_ids, back, axis=1)
        inside = places - back >= first[:, None]
        same = ops.logical_and(same, ops.logical_and(earlier == last, inside))
        score = score + ops.cast(same, "int32")
    score = ops.where(places < end[:, None], score * size + places, 0)
    start = ops.cast(ops.argmax(score, axis=1), "int32")  # R
    period = ops.maximum(end - start, 1)
    offsets = ops.arange(guesses, dtype="int32")[None] % period[:, None]  # R K
    return ops.take_along_axis(token_ids, start[:, None] + offsets, axis=1)
