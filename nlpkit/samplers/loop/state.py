"""The state of a sampler's loop.

Axes: R rows, L = tokens of the longest prompt + the maximum number of new tokens, T tokens of the
    longest prompt, B texts per row.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

from keras import ops

from nlpkit._types import Cache, Tensor
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.ops.tree import replaced, tree
from nlpkit.samplers.loop.plan import Plan

S = TypeVar("S", bound="State")


@tree
class State:
    """What a loop holds between two tokens; a sampler that holds more has a subclass.

    Attributes:
        token_ids: int32 `[R, L]`. The prompts, padded on the left, and the generated tokens.
        prompt: int32 scalar. T.
        first: int32 `[R]`. The column where a row's prompt begins.
        count: int32 `[R]`. The number of generated tokens.
        done: bool `[R]`. Whether a row is done.
        broken: bool `[R]`. Whether its logits were NaN.
        step: int32 scalar. The number of iterations.
        cache: the decoder's, see `nlpkit.samplers.loop.decoder`.
    """

    token_ids: Tensor
    prompt: Tensor
    first: Tensor
    count: Tensor
    done: Tensor
    broken: Tensor
    step: Tensor
    cache: Cache

    @property
    def end(self) -> Any:
        """The column after the last token of each row, int32 `[R]`."""
        return self.prompt + self.count

    @property
    def newest(self) -> Any:
        """The last token of each row, int32 `[R]`."""
        return ops.take_along_axis(self.token_ids, (self.end - 1)[:, None], axis=1)[:, 0]

    @property
    def written(self) -> Any:
        """The mask of `token_ids` that are tokens of the row, bool `[R, L]`."""
        return columns_between(self.first, self.end, self.token_ids.shape[1])


@dataclass(frozen=True)
class Results:
    """What a sampler returns of its state.

    Attributes:
        token_ids: int32 `[R, L]`, as in the state; with several texts a row `[R, B, L]`, best
            first.
        count: int32 `[R]` or `[R, B]`. The number of generated tokens.
        prompt: int32 scalar. The column of the first of them.
        done: bool `[R]`. Whether all texts of a row are done.
        scores: float32 `[R, B]`, of several texts; None for one.
    """

    token_ids: Tensor
    count: Tensor
    prompt: Tensor
    done: Tensor
    scores: Tensor = None


def fresh_state(prompt: Prompt, plan: Plan, cache: Cache) -> State:
    """The state after the prompts, before any token is chosen."""
    rows, width = prompt.token_ids.shape
    length = width if prompt.length is None else prompt.length
    length = ops.convert_to_tensor(length, dtype="int32")
    return State(
        token_ids=ops.pad(prompt.token_ids, [(0, 0), (0, prompt.slots - width)]),
        prompt=length,
        first=length - ops.sum(ops.cast(prompt.padding_mask, "int32"), axis=1),
        count=ops.zeros((rows,), dtype="int32"),
        done=plan.limits <= 0,
        broken=ops.zeros((rows,), dtype="bool"),
        step=ops.convert_to_tensor(0, dtype="int32"),
        cache=cache,
    )


def append(state: S, ids: Tensor, plan: Plan) -> S:
    """Append a token, int32 `[R]`, to each row that is not done, and update which are done."""
    active = ops.logical_not(state.done)
    places = ops.arange(state.token_ids.shape[1], dtype="int32")
    here = ops.logical_and(places == state.end[:, None], active[:, None])  # R L
    count = state.count + ops.cast(active, "int32")
    stopped = ops.any(ids[:, None] == plan.stop_token_ids, axis=1)
    if plan.kept is not None:  # Given tokens end nothing.
        stopped = ops.logical_and(stopped, ops.logical_not(ops.any(here & plan.kept, axis=1)))
    finished = ops.logical_or(stopped, count >= plan.limits)
    return replaced(
        state,
        token_ids=ops.where(here, ids[:, None], state.token_ids),
        count=count,
        done=ops.logical_or(state.done, finished),
    )


def columns_between(first: Tensor, end: Tensor, size: int) -> Any:
    """The mask of the columns in `[first, end)`, each int32 `[R]`: bool `[R, size]`."""
    places = ops.arange(size, dtype="int32")
    return ops.logical_and(places >= first[:, None], places < end[:, None])
