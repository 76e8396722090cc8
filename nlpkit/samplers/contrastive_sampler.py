"""Contrastive search.

Axes: R rows, K candidates, L tokens (prompt and generated), D features, V vocabulary.
"""

from collections.abc import Hashable
from typing import Any, ClassVar

from keras import ops

from nlpkit._types import Tensor
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.ops.sampling import has_nan
from nlpkit.ops.tree import replaced, tree
from nlpkit.samplers.loop.decoder import Decoder
from nlpkit.samplers.loop.plan import Plan
from nlpkit.samplers.loop.rules import obey_of
from nlpkit.samplers.loop.state import State, append, fresh_state
from nlpkit.samplers.parameters import check_parameter
from nlpkit.samplers.sampler import Sampler


@tree
class ContrastiveState(State):
    """A `State` with a row of the cache for each of a row's candidates.

    Attributes:
        logits: float32 `[R, V]`, after the newest token.
        directions: float32 `[R, L, D]`, the hidden state of each token as a unit vector.
    """

    logits: Tensor
    directions: Tensor


class ContrastiveSampler(Sampler):
    """Choose a likely token that differs from the earlier ones, to avoid repetition.

    Of the `k` most likely tokens, choose the one that maximizes
    `(1 - alpha) * probability - alpha * similarity`, where `similarity` is the largest cosine
    similarity of the model's last hidden state for this token with those of all tokens before it
    (Su et al., 2022, arXiv:2202.06417). The search is deterministic.

    Args:
        k: int. The number of candidates, at least 1.
        alpha: float. The weight of the similarity penalty, from 0 (greedy search) to 1.

    Example:
        >>> sampler = nlpkit.samplers.ContrastiveSampler(k=5, alpha=0.6)
        >>> sampler.is_random
        False
    """

    takes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, k: int = 5, alpha: float = 0.6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_parameter("count", k, "k")
        check_parameter("alpha", alpha)
        self.k = k
        self.alpha = alpha

    def parameters(self) -> dict[str, float]:
        return {"alpha": float(self.alpha)} | super().parameters()

    def structure(self) -> Hashable:
        own = type(self) is ContrastiveSampler
        return (ContrastiveSampler, self.k) if own else super().structure()

    def start(self, decoder: Decoder, prompt: Prompt, plan: Plan) -> ContrastiveState:
        rows, length = prompt.token_ids.shape
        logits, hidden, cache = decoder.prefill(replaced(prompt, all_hidden=True))
        candidates = min(self.k, logits.shape[-1])
        # One row of the cache per candidate.
        cache = cache.take_rows(ops.repeat(ops.arange(rows, dtype="int32"), candidates))
        room = ((0, 0), (0, prompt.slots - length), (0, 0))
        state = ContrastiveState(
            **vars(fresh_state(prompt, plan, cache)),
            logits=logits,
            directions=ops.pad(_direction(hidden), room),
        )
        return self._search(decoder, state, plan)

    def advance(self, decoder: Decoder, state: ContrastiveState, plan: Plan) -> ContrastiveState:
        return self._search(decoder, replaced(state, step=state.step + 1), plan)

    def _search(self, decoder: Decoder, state: ContrastiveState, plan: Plan) -> ContrastiveState:
        """Run the model on all candidates, and append one of them."""
        state = replaced(state, logits=obey_of(state, state.logits, plan))
        probabilities = ops.softmax(state.logits / plan.parameters["temperature"], axis=-1)
        # A masked token is never a candidate, however different it is.
        probabilities = ops.where(state.logits == -float("inf"), -1.0, probabilities)
        k = min(self.k, probabilities.shape[-1])
        probabilities, tokens = ops.top_k(probabilities, k)  # R K
        tokens = ops.cast(tokens, "int32")
        logits, hidden, cache = decoder.step(ops.reshape(tokens, (-1, 1)), state.cache)
        directions = ops.reshape(_direction(hidden), (-1, k, hidden.shape[-1]))  # R K D
        alpha = plan.parameters["alpha"]
        scores = (1 - alpha) * probabilities - alpha * _similarity(state, directions)
        scores = ops.where(probabilities < 0, -float("inf"), scores)
        best = ops.cast(ops.argmax(scores, axis=-1), "int32")  # R
        rows = ops.arange(best.shape[0], dtype="int32") * k + best
        slots = ops.arange(state.token_ids.shape[1], dtype="int32")
        here = (slots == state.prompt + state.step)[:, None]  # L 1
        chosen = ops.take_along_axis(directions, best[:, None, None], axis=1)  # R 1 D
        broken = ops.logical_and(has_nan(state.logits), ops.logical_not(state.done))
        state = replaced(
            state,
            logits=ops.take(logits[:, 0], rows, axis=0),
            cache=cache.take_rows(ops.repeat(rows, k)),
            directions=ops.where(here, chosen, state.directions),
            broken=ops.logical_or(state.broken, broken),
        )
        return append(state, ops.take_along_axis(tokens, best[:, None], axis=1)[:, 0], plan)


def _direction(hidden: Tensor) -> Any:
    """Normalize hidden states to float32 unit vectors."""
    hidden = ops.cast(hidden, "float32")
    return hidden / ops.maximum(ops.norm(hidden, axis=-1, keepdims=True), 1e-12)


def _similarity(state: ContrastiveState, directions: Tensor) -> Any:
    """The largest cosine similarity of a candidate with an earlier token: `[R, K]`."""
    cosines = ops.einsum("rkd,rld->rkl", directions, state.directions)
    return ops.max(ops.where(state.written[:, None], cosines, -1.0), axis=-1)
