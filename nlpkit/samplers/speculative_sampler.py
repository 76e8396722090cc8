"""Speculative decoding.

Axes: R rows, K guesses, L tokens (prompt and generated), V vocabulary.
"""

from collections.abc import Callable, Hashable
from typing import Any

import keras
from keras import ops

from nlpkit._types import Tensor
from nlpkit.modules.caching.cache import KeyValueCache
from nlpkit.modules.caching.compaction import with_room
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.ops.random_bits import uniform
from nlpkit.ops.sampling import has_nan, repetition_penalty
from nlpkit.ops.tree import replaced, tree
from nlpkit.samplers.combination import combine
from nlpkit.samplers.greedy_sampler import GreedySampler
from nlpkit.samplers.look_up import look_up
from nlpkit.samplers.loop.decoder import Decoder
from nlpkit.samplers.loop.plan import Plan
from nlpkit.samplers.loop.rules import obey
from nlpkit.samplers.loop.state import State, columns_between, fresh_state
from nlpkit.samplers.parameters import check_parameter
from nlpkit.samplers.sampler import Sampler


@tree
class SpeculativeState(State):
    """A `State` whose cache is a `KeyValueCache`, without rings.

    Attributes:
        draft_cache: `KeyValueCache` of the draft model; None without one.
    """

    draft_cache: KeyValueCache | None


class SpeculativeSampler(Sampler):
    """Guess several tokens, verify them in one forward pass, and keep the correct ones.

    The guesses come from a small draft model with the same tokenizer or, without one, from earlier
    occurrences in the text. A guess is correct if it is the token that `base_sampler` chooses with
    the random number of that row and position, so the text is the one that `base_sampler` would
    have generated with the same seed; guesses only affect speed. (The acceptance test of Leviathan
    et al., 2022, arXiv:2211.17192, preserves the distribution, not the text.)

    Args:
        num_speculative_tokens: int. The number of tokens to guess at a time, at least 1.
        base_sampler: `Sampler`, one that chooses token by token; None means greedy search.
        seed: int or None. The seed if `generate` is given none; None uses another each time.
        draft: `CausalLM`. The draft model; None looks guesses up in the text.
        longest_match: int. The maximum number of last tokens to search for in the text.

    Attributes:
        inner: `Sampler`. The base sampler, with the parameters that `generate` was given.

    Example:
        >>> sampler = nlpkit.samplers.SpeculativeSampler(num_speculative_tokens=4)
        >>> type(sampler.inner).__name__
        'GreedySampler'
    """

    def __init__(
        self,
        num_speculative_tokens: int = 5,
        base_sampler: Sampler | None = None,
        seed: int | None = None,
        *,
        draft: Any = None,
        longest_match: int = 3,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_parameter("count", num_speculative_tokens, "num_speculative_tokens")
        check_parameter("count", longest_match, "longest_match")
        self.num_speculative_tokens = num_speculative_tokens
        self.base_sampler = base_sampler
        self.seed = seed
        self.draft = draft
        self.longest_match = longest_match
        self.inner: Sampler = GreedySampler() if base_sampler is None else base_sampler
        _require_single_tokens(self.inner)
        if self.temperature != 1:
            self.inner = combine(self.inner, temperature=self.temperature)

    def __call__(
        self,
        next: Callable[..., Any],
        prompt: Tensor,
        *args: Any,
        draft_next: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Generate with a custom function; the result is that of `base_sampler`.

        `next` verifies one token at a time, so guesses would save nothing and `draft_next` is not
        called. Use `generate`, where the model verifies several tokens at once.

        Args:
            next, prompt: see `Sampler`, which documents the other arguments too.
            draft_next: function like `next`, of the draft model.

        Raises:
            ValueError: there is no `draft_next`.
        """
        if draft_next is None:
            raise ValueError(
                "draft_next must be a function like next, of the draft model; got None."
            )
        return self.inner(next, prompt, *args, **{"seed": self.seed} | kwargs)

    def parameters(self) -> dict[str, float]:
        return self.inner.parameters()

    def models(self) -> tuple[Any, ...]:
        return () if self.draft is None else (self.draft,)

    def structure(self) -> Hashable:
        if type(self) is not SpeculativeSampler:
            return super().structure()
        sizes = (self.num_speculative_tokens, self.longest_match)
        return (SpeculativeSampler, *sizes, id(self.draft), self.inner.structure())

    def slots(self, prompt_length: int, new_tokens: int) -> int:
        # More than needed: the more slots, the less often the cache is compacted.
        return prompt_length + new_tokens + 8 * (1 + self.num_speculative_tokens)

    def choose(self, logits: Tensor, uniform: Tensor, plan: Plan) -> Any:
        return self.inner.choose(logits, uniform, plan)

    def start(self, decoder: Decoder, prompt: Prompt, plan: Plan) -> SpeculativeState:
        prompt = replaced(prompt, ring=False)
        logits, _, cache = decoder.prefill(prompt)
        draft_cache = None
        if self.draft is not None:
            _require_same_tokenizer(self.draft, decoder)
            draft_cache = self.draft.prefill(prompt)[2]
        begun = fresh_state(prompt, plan, cache)
        return self._append(SpeculativeState(**vars(begun), draft_cache=draft_cache), logits, plan)

    def advance(self, decoder: Decoder, state: SpeculativeState, plan: Plan) -> SpeculativeState:
        tried = self.num_speculative_tokens + 1
        guessed, state = self._guess(replaced(state, step=state.step + 1), plan)
        guesses = _ahead(guessed, state, self.num_speculative_tokens)  # R K
        tokens = ops.concatenate([state.newest[:, None], guesses], axis=1)  # R K+1
        logits, _, cache = decoder.step(tokens, with_room(state.cache, tried))
        chosen = self._choices(state, guessed, logits, plan)  # R K+1
        right = ops.cumprod(ops.cast(guesses == chosen[:, :-1], "int32"), axis=1)
        new, kept = _accept(state, chosen, 1 + ops.sum(right, axis=1), plan)
        draft_cache = state.draft_cache
        if draft_cache is not None:
            draft_cache = draft_cache.forget(kept, tried)
        nan = ops.reshape(has_nan(ops.reshape(logits, (-1, logits.shape[-1]))), (-1, tried))
        nan = ops.any(ops.logical_and(nan, ops.arange(tried) < kept[:, None]), axis=1)
        return replaced(
            new,
            cache=cache.forget(kept, tried),
            draft_cache=draft_cache,
            broken=ops.logical_or(state.broken, nan),
        )

    def _guess(self, state: SpeculativeState, plan: Plan) -> tuple[Any, SpeculativeState]:
        """Append guesses to the tokens `[R, L]` after the newest; also return the state."""
        if state.draft_cache is not None:
            return self._draft(state, state.draft_cache, plan)
        arguments = (self.num_speculative_tokens, self.longest_match)
        guesses = look_up(state.token_ids, state.first, state.end, *arguments)
        return _put(state.token_ids, guesses, state.end), state

    def _draft(
        self, state: SpeculativeState, cache: KeyValueCache, plan: Plan
    ) -> tuple[Any, SpeculativeState]:
        tried = self.num_speculative_tokens + 1
        free = ops.zeros_like(state.done)
        unlimited = replaced(plan, limits=plan.limits + tried)

        # The last guess is run too, although its logits are not used, because it may be correct.
        def guess(inner: State) -> State:
            logits, _, cache = self.draft.step(inner.newest[:, None], inner.cache)
            return self._append(replaced(inner, done=free, cache=cache), logits[:, 0], unlimited)

        inner = State(
            token_ids=state.token_ids,
            prompt=state.prompt,
            first=state.first,
            count=state.count,
            done=free,
            broken=state.broken,
            step=state.step,
            cache=with_room(cache, tried),
        )
        inner = _repeat(tried, guess, inner)
        return inner.token_ids, replaced(state, draft_cache=inner.cache)

    def _choices(self, state: State, guessed: Tensor, logits: Tensor, plan: Plan) -> Any:
        """The base sampler's choices after the newest token and each guess, `[R, K+1]`."""
        tried, words = logits.shape[1:]
        logits = ops.reshape(logits, (-1, words))
        more = ops.tile(ops.arange(tried, dtype="int32"), (state.count.shape[0],))  # R*(K+1)
        count = ops.repeat(state.count, tried) + more
        penalty = plan.parameters.get("repetition_penalty")
        if penalty is not None:
            texts, first = ops.repeat(guessed, tried, axis=0), ops.repeat(state.first, tried)
            written = columns_between(first, state.prompt + count, texts.shape[1])
            logits = repetition_penalty(logits, texts, written, penalty)
        logits = self._obey(state, guessed, logits, count, plan)
        numbers = uniform(ops.repeat(plan.streams, tried, axis=0), count)
        return ops.reshape(self.choose(logits, numbers, plan), (-1, tried))

    def _obey(
        self, state: State, guessed: Tensor, logits: Tensor, count: Tensor, plan: Plan
    ) -> Any:
        if not plan.has_rules:
            return logits
        tried = self.num_speculative_tokens + 1
        return obey(
            logits,
            plan,
            token_ids=ops.repeat(guessed, tried, axis=0),
            first=ops.repeat(state.first, tried),
            end=state.prompt + count,
            count=count,
        )


def _accept(
    state: SpeculativeState, chosen: Tensor, right: Tensor, plan: Plan
) -> tuple[SpeculativeState, Any]:
    """Append the first `right` `[R]` of the chosen tokens; also return how many were appended.

    A row ends after a stop token or at its limit.
    """
    size = chosen.shape[1]
    stops = ops.any(chosen[..., None] == plan.stop_token_ids, axis=-1)  # R K+1
    places = ops.arange(size, dtype="int32")
    until_stop = ops.min(ops.where(stops, places + 1, size + 1), axis=1)
    most = ops.minimum(right, plan.limits - state.count)
    kept = ops.where(state.done, 0, ops.minimum(most, until_stop))
    count = state.count + kept
    ended = ops.logical_or(until_stop <= kept, count >= plan.limits)
    new = replaced(
        state,
        token_ids=_put(state.token_ids, chosen, state.end, kept),
        count=count,
        done=ops.logical_or(state.done, ended),
    )
    return new, kept


def _put(token_ids: Tensor, tokens: Tensor, begin: Tensor, count: Tensor = None) -> Any:
    """Write tokens `[R, t]` to `[R, L]` from `begin` `[R]` on, all or the first `count`."""
    count = tokens.shape[1] if count is None else count[:, None]
    offsets = ops.arange(token_ids.shape[1], dtype="int32") - begin[:, None]  # R L
    inside = ops.logical_and(offsets >= 0, offsets < count)
    there = ops.clip(offsets, 0, tokens.shape[1] - 1)
    return ops.where(inside, ops.take_along_axis(tokens, there, axis=1), token_ids)


def _ahead(token_ids: Tensor, state: State, count: int) -> Any:
    """The tokens after the newest of each row, `[R, count]`."""
    begin = state.end[:, None]
    return ops.take_along_axis(token_ids, begin + ops.arange(count, dtype="int32"), axis=1)


def _repeat(times: int, body: Callable[[State], State], state: State) -> State:
    return ops.fori_loop(0, times, lambda _, state: body(state), state)


def _require_single_tokens(base: Sampler) -> None:
    if type(base).advance is not Sampler.advance:
        raise ValueError(
            f"base_sampler must choose token by token, unlike {type(base).__name__}; got {base!r}."
        )


def _require_same_tokenizer(draft: keras.Model, model: keras.Model) -> None:
    both: list[Any] = [
        getattr(getattr(x, "preprocessor", None), "tokenizer", None) for x in (draft, model)
    ]
    if None in both or both[0] is both[1]:
        return
    vocabularies = [tokenizer.get_vocabulary() for tokenizer in both]
    if vocabularies[0] != vocabularies[1]:
        raise ValueError(
            f"draft must have the model's tokenizer; got {draft.name} with another vocabulary "
            f"({len(vocabularies[0])} tokens; {model.name} has {len(vocabularies[1])})."
        )
