"""Beam search.

Axes: R rows (prompts), B beams, K candidates, L tokens (prompt and generated), V vocabulary.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar

from keras import ops

from nlpkit._types import Tensor
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.ops.sampling import has_nan, repetition_penalty
from nlpkit.ops.tree import replaced, tree
from nlpkit.samplers.loop.decoder import Decoder
from nlpkit.samplers.loop.plan import Plan
from nlpkit.samplers.loop.rules import obey
from nlpkit.samplers.loop.state import Results, State, fresh_state
from nlpkit.samplers.parameters import check_parameter
from nlpkit.samplers.sampler import Sampler

# The score of an empty slot: below that of any text, and finite, so that it can be added to.
_NONE = -1e9


@tree
class BeamState(State):
    """A `State` with a row of the cache for each beam.

    Attributes:
        beams: int32 `[R, B, L]`. The unfinished hypotheses, as in `token_ids`.
        log_probs: float32 `[R, B]`. Their log-probabilities.
        texts: int32 `[R, B, L]`. The best finished texts, best first.
        scores: float32 `[R, B]`. Their scores.
        lengths: int32 `[R, B]`. Their numbers of generated tokens.
    """

    beams: Tensor
    log_probs: Tensor
    texts: Tensor
    scores: Tensor
    lengths: Tensor


@dataclass(frozen=True)
class _Candidates:
    """Continuations of a row's beams, the most likely first.

    Attributes:
        log_probs: float32 `[R, K]`.
        parents: int32 `[R, K]`. The beam that each continues.
        texts: int32 `[R, K, L]`.
        ends: bool `[R, K]`. Whether it is finished.
    """

    log_probs: Tensor
    parents: Tensor
    texts: Tensor
    ends: Tensor


class BeamSampler(Sampler):
    """Search for the most likely text, keeping the `num_beams` best hypotheses after each token.

    A text's score is its log-probability divided by `length ** length_penalty`, where the length is
    the number of generated tokens including the stop token. The `num_beams` best finished texts are
    kept separately. A row is done when there are `num_beams` of them and the best unfinished
    hypothesis, scored at its current length, is not better than the worst of them: beams and scores
    equal those of transformers 5 with `num_beams`, `num_return_sequences=num_beams`, the same
    `early_stopping` and `renormalize_logits`.

    Args:
        num_beams: int. The number of hypotheses to keep, at least 1.
        return_all_beams: bool. Whether to return all texts of a row, best first: `generate` then
            returns a list of pairs (text, score) for each prompt.
        length_penalty: float. Above 0 favors long texts, below 0 short ones; 0 compares
            log-probabilities.
        early_stopping: bool or "never". True: a row is done as soon as there are `num_beams`
            finished texts. "never": with a `length_penalty` above 0, the best unfinished hypothesis
            is scored at the longest length that it may reach.
        renormalize_logits: bool. Whether the probabilities of the tokens that rules allow sum to 1;
            by default those of all tokens do.

    Example:
        >>> sampler = nlpkit.samplers.BeamSampler(num_beams=5, return_all_beams=True)
        >>> sampler.returns_several
        True
    """

    takes: ClassVar[tuple[str, ...]] = ("repetition_penalty",)
    streams: ClassVar[bool] = False

    def __init__(
        self,
        num_beams: int = 5,
        return_all_beams: bool = False,
        length_penalty: float = 1.0,
        early_stopping: bool | str = False,
        renormalize_logits: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_parameter("count", num_beams, "num_beams")
        check_parameter("length_penalty", length_penalty)
        if not isinstance(early_stopping, bool) and early_stopping != "never":
            raise ValueError(
                f'early_stopping must be True, False or "never"; got {early_stopping!r}.'
            )
        self.num_beams = num_beams
        self.early_stopping = early_stopping
        self.renormalize_logits = renormalize_logits
        self.return_all_beams = return_all_beams
        self.length_penalty = length_penalty

    @property
    def returns_several(self) -> bool:
        return self.return_all_beams

    def parameters(self) -> dict[str, float]:
        return {"length_penalty": float(self.length_penalty)} | super().parameters()

    def structure(self) -> Hashable:
        if type(self) is not BeamSampler:
            return super().structure()
        switches = (self.return_all_beams, self.early_stopping, self.renormalize_logits)
        return (BeamSampler, self.num_beams, *switches)

    def start(self, decoder: Decoder, prompt: Prompt, plan: Plan) -> BeamState:
        logits, _, cache = decoder.prefill(prompt)
        rows, beams = prompt.token_ids.shape[0], self.num_beams
        cache = cache.take_rows(ops.repeat(ops.arange(rows, dtype="int32"), beams))
        begun = fresh_state(prompt, plan, cache)
        texts = ops.repeat(begun.token_ids[:, None], beams, axis=1)  # R B L
        none = ops.full((rows, beams), _NONE, dtype="float32")
        state = BeamState(
            **vars(begun),
            beams=texts,
            # Until they differ, only the first beam counts.
            log_probs=ops.where(ops.arange(beams) > 0, none, 0.0),
            texts=texts,
            scores=none,
            lengths=ops.zeros((rows, beams), dtype="int32"),
        )
        return self._extend(state, ops.repeat(logits, beams, axis=0), plan)

    def advance(self, decoder: Decoder, state: BeamState, plan: Plan) -> BeamState:
        last = ops.take(state.beams, state.prompt + state.step, axis=-1)  # R B
        logits, _, cache = decoder.step(ops.reshape(last, (-1, 1)), state.cache)
        return self._extend(replaced(state, cache=cache, step=state.step + 1), logits[:, 0], plan)

    def results(self, state: BeamState, plan: Plan) -> Results:
        """The best text of each row, or all."""
        found = Results(state.texts, state.lengths, state.prompt, state.done, state.scores)
        if self.return_all_beams:
            return found
        best = {"token_ids": state.texts[:, 0], "count": state.lengths[:, 0], "scores": None}
        return replaced(found, **best)

    def _extend(self, state: BeamState, logits: Tensor, plan: Plan) -> BeamState:
        """Append a token to each beam, choosing the most likely continuations of each row."""
        found = self._candidates(state, self._log_probs(state, logits, plan), plan)
        open_beams = ops.where(found.ends, found.log_probs + _NONE, found.log_probs)
        log_probs, best = ops.top_k(open_beams, self.num_beams)  # R B
        new = self._finish(state, found, plan)
        count = state.count + 1
        # An empty slot has a score below that of any text.
        worst = ops.min(new["scores"], axis=1)
        hopeless = log_probs[:, 0] / self._longest_factor(count, plan) <= worst
        if self.early_stopping is True:
            hopeless = ops.logical_or(hopeless, worst > _NONE)
        nan = ops.reshape(has_nan(logits), (-1, self.num_beams))
        new |= {
            "beams": _pick(found.texts, best),
            "log_probs": log_probs,
            "count": count,
            "done": ops.logical_or(hopeless, count >= plan.limits),
            "broken": ops.logical_or(state.broken, ops.any(nan, axis=1)),
        }
        parents = ops.take_along_axis(found.parents, best, axis=1)
        first = ops.arange(parents.shape[0], dtype="int32")[:, None] * self.num_beams
        cache = state.cache.take_rows(ops.reshape(first + parents, (-1,)))
        return replaced(state, **_unless_done(state, new), cache=cache)

    def _log_probs(self, state: BeamState, logits: Tensor, plan: Plan) -> Any:
        """The log-probability of each beam with each next token, `[R, B, V]`."""
        logits = ops.cast(logits, "float32") / plan.parameters["temperature"]
        log_probs = ops.log_softmax(logits, axis=-1)
        penalty = plan.parameters.get("repetition_penalty")
        if penalty is not None:
            tokens = ops.reshape(state.beams, (-1, state.beams.shape[-1]))
            used = ops.repeat(state.written, self.num_beams, axis=0)
            log_probs = repetition_penalty(log_probs, tokens, used, penalty)
        log_probs = self._obey(state, log_probs, plan)
        if self.renormalize_logits:
            log_probs = ops.log_softmax(log_probs, axis=-1)
        shape = (-1, self.num_beams, log_probs.shape[-1])
        return ops.reshape(log_probs, shape) + state.log_probs[..., None]

    def _obey(self, state: BeamState, log_probs: Tensor, plan: Plan) -> Any:
        if not plan.has_rules:
            return log_probs
        first, end, count = (
            ops.repeat(x, self.num_beams)
            for x in (state.first, state.prompt + state.count, state.count)
        )
        tokens = ops.reshape(state.beams, (-1, state.beams.shape[-1]))
        return obey(log_probs, plan, token_ids=tokens, first=first, end=end, count=count)

    def _longest_factor(self, count: Tensor, plan: Plan) -> Any:
        """What the log-probability of a row's best hypothesis is divided by, float32 `[R]`."""
        if self.early_stopping == "never":
            favors_long = plan.parameters["length_penalty"] > 0
            count = ops.where(favors_long, plan.limits, count)
        return _length_factor(count, plan)[:, 0]

    def _candidates(self, state: BeamState, log_probs: Tensor, plan: Plan) -> _Candidates:
        """The K most likely continuations, enough that B of them are unfinished."""
        stops = plan.stop_token_ids
        words = log_probs.shape[-1]
        most = min(self.num_beams * (1 + max(1, stops.shape[0])), self.num_beams * words)
        flat = ops.reshape(log_probs, (-1, self.num_beams * words))
        top, index = ops.top_k(flat, most)  # R K
        index = ops.cast(index, "int32")
        token, parents = index % words, index // words
        places = ops.arange(state.beams.shape[-1], dtype="int32")
        here = places == state.prompt + state.step
        stopped = ops.any(ops.equal(token[..., None], stops), axis=-1)
        if plan.kept is not None:
            kept = ops.any(ops.logical_and(plan.kept, here), axis=1)[:, None]
            stopped = ops.logical_and(stopped, ops.logical_not(kept))
        full = (state.count + 1 >= plan.limits)[:, None]
        return _Candidates(
            log_probs=top,
            parents=parents,
            texts=ops.where(here, token[..., None], _pick(state.beams, parents)),
            ends=ops.logical_or(stopped, full),
        )

    def _finish(self, state: BeamState, found: _Candidates, plan: Plan) -> dict[str, Any]:
        """Keep the best of the finished texts and of the candidates that end."""
        most = found.ends.shape[1]
        # Those after the first B only serve as continuations.
        counts = ops.logical_and(found.ends, ops.arange(most) < self.num_beams)
        count = state.count + 1
        scores = ops.where(counts, found.log_probs / _length_factor(count, plan), _NONE)
        scores = ops.concatenate([state.scores, scores], axis=1)  # R B+K
        scores, best = ops.top_k(scores, self.num_beams)
        texts = ops.concatenate([state.texts, found.texts], axis=1)
        lengths = ops.broadcast_to(count[:, None], (count.shape[0], most))
        lengths = ops.concatenate([state.lengths, lengths], axis=1)
        lengths = ops.take_along_axis(lengths, best, axis=1)
        return {"texts": _pick(texts, best), "scores": scores, "lengths": lengths}


def _pick(texts: Tensor, indices: Tensor) -> Any:
    """Gather texts `[R, B, L]` by their indices `[R, K]` in the row."""
    return ops.take_along_axis(texts, indices[..., None], axis=1)


def _unless_done(state: BeamState, new: dict[str, Any]) -> dict[str, Any]:
    """Take the new values for rows that were not done, and the old ones for the others."""
    for name, value in new.items():
        done = ops.reshape(state.done, (-1,) + (1,) * (len(value.shape) - 1))
        new[name] = ops.where(done, getattr(state, name), value)
    return new


def _length_factor(count: Tensor, plan: Plan) -> Any:
    return ops.power(ops.cast(count, "float32"), plan.parameters["length_penalty"])[:, None]  # R 1
