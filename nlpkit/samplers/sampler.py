"""Sampler: the base class, which generates token by token.

Letters: R rows, T tokens of the longest prompt, L = T + the most new tokens, V words.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, ClassVar, Protocol

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit.ops.random_bits import uniform
from nlpkit.ops.sampling import has_nan, probabilities_of, repetition_penalty, sampling_weights
from nlpkit.samplers.parameters import PARAMETERS, check_parameter

State = dict[str, Any]
Plan = Mapping[str, Any]


class Decoder(Protocol):
    """What samplers see of a model; both methods are pure functions of tensors."""

    def prefill(
        self,
        token_ids: Any,
        padding_mask: Any,
        slots: int,
        *,
        reach: Any = None,
        ring: bool = True,
        all_hidden: bool = False,
    ) -> tuple[Any, Any, Any]:
        """Logits `[R, V]` after left-padded prompts `[R, T]`, features `[R, dim]`, and a cache.

        Args:
            token_ids, padding_mask: the prompts.
            slots: int. How many tokens the cache is to hold a row.
            reach: int32 `[R]`. How many tokens each row may come to have; None for `slots`.
            ring: bool. Whether layers with a window keep no more than it; no for a cache that is
                to forget or to take several tokens at once.
            all_hidden: bool. Whether the features are those of all tokens, `[R, T, dim]`.
        """

    def step(self, token_ids: Any, cache: Any) -> tuple[Any, Any, Any]:
        """Logits `[R, t, V]` and features after t more tokens a row, and the new cache."""


class Sampler(Configurable):
    """Choose the next token, again and again.

    A sampler of your own defines `get_next_token`. `generate` runs `start`, then `advance` until
    every row is done; both are compiled on JAX and TensorFlow, and work on a state of tensors:

    - "token_ids" int32 `[R, L]`: the prompts, padded on the left, and what was generated;
    - "prompt" int32: T; "first" int32 `[R]`: where a row's prompt begins;
    - "count" int32 `[R]`: tokens generated; "done" bool `[R]`: whether that is all;
    - "step" int32: how often it advanced; "broken" bool `[R]`: whether logits were not a number;
    - "cache": the decoder's.

    Values that change from call to call, such as the temperature, come in a plan of tensors:
    "stop_token_ids" int32 `[n]`, "limits" int32 `[R]` (the most tokens a row may generate),
    "streams" int32 `[R, 2]` (seed and draw of a row's random numbers), `parameters`, and where a
    sampler is called perhaps "kept" bool `[R, L]` (tokens that were there before).

    Args:
        temperature: float, positive. Logits are divided by it: below 1 likely tokens become
            likelier.

    Example:
        >>> import keras
        >>> import nlpkit
        >>> class LikeliestSampler(nlpkit.samplers.Sampler):
        ...     def get_next_token(self, probabilities):
        ...         return keras.ops.argmax(probabilities, axis=-1)
    """

    takes: ClassVar[tuple[str, ...]] = tuple(PARAMETERS)
    draws: ClassVar[bool] = True  # whether `choose` wants random numbers
    streams: ClassVar[bool] = True  # whether what is generated stays as it is

    def __init__(self, temperature: float = 1.0) -> None:
        check_parameter("temperature", temperature)
        self.temperature = temperature
        self.given: dict[str, float] = {}

    @property
    def returns_several(self) -> bool:
        """Whether `results` has several texts a row, with "scores"."""
        return False

    def __call__(
        self,
        next: Callable[[Any, Any, Any], tuple[Any, Any, Any]],
        prompt: Any,
        cache: Any = None,
        index: Any = 0,
        mask: Any = None,
        stop_token_ids: Sequence[int] | None = None,
        hidden_states: Any = None,
        model: Any = None,
        *,
        seed: Any = None,
    ) -> Any:
        """Generate with a function of your own, which may call any model.

        It runs eagerly or within a compiled function. A row that is finished keeps what the prompt
        holds after its end, whatever the rows beside it do.

        Args:
            next: function of `prompt`, `cache` and `index` (int32, a scalar) that returns logits
                `[R, V]` of the token at that index, hidden states `[R, D]` (None if the sampler
                needs none), and the new cache. Tokens from the index on are not to be looked at.
            prompt: int `[R, L]`. Texts, with room for what is to be generated.
            cache: tensors, nested, with one row for each of the prompt; None for none.
            index: int or int32 scalar. Where the first new token stands, in all rows.
            mask: bool `[R, L]`. Which tokens of the prompt stay as they are: those of prompts that
                reach beyond `index`. None for none.
            stop_token_ids: ints. Tokens that end a row; None for none.
            hidden_states: float `[R, L, D]`. Those of the prompt, for `ContrastiveSampler`.
            model: `keras.Model`. What `next` calls: on JAX its variables, such as seeds, stay as
                they are.
            seed: int or int32 scalar or `[R]`. By default the sampler's, or another each time. A
                function compiled by JAX must be given one.

        Returns:
            int `[R, L]`. Of a sampler that returns several texts a row, a tuple of `[R, B, L]`,
            best first, and their scores `[R, B]`.

        Raises:
            ValueError: the shape of `prompt` is not known, hidden states are missing, logits are
                not numbers, or there would be no random numbers.
        """
        from nlpkit.samplers.loop.calling import call

        return call(
            self,
            next,
            prompt,
            cache=cache,
            index=index,
            mask=mask,
            stop_token_ids=stop_token_ids,
            hidden_states=hidden_states,
            model=model,
            seed=getattr(self, "seed", None) if seed is None else seed,
        )

    def get_next_token(self, probabilities: Any) -> Any:
        """Choose by the probabilities, float32 `[R, V]`; returns ids, int `[R]`."""
        raise NotImplementedError(f"{type(self).__name__} must define get_next_token.")

    def parameters(self) -> dict[str, float]:
        """The values for the plan: the sampler's own, then those that `generate` was given."""
        return {"temperature": self.temperature} | self.given

    def models(self) -> tuple[Any, ...]:
        """The models that the sampler asks beside the decoder."""
        return ()

    def structure(self) -> Hashable:
        """What compiled loops depend on; equal structures differ in values of the plan only."""
        return id(self)

    def slots(self, prompt_length: int, new_tokens: int) -> int:
        """How many tokens a row of the cache must have room for."""
        return prompt_length + new_tokens

    def start(self, decoder: Decoder, prompt: Mapping[str, Any], plan: Plan, slots: int) -> State:
        """Run over the prompts, and choose the first token of each row.

        Args:
            decoder: `Decoder`.
            prompt: "token_ids" int32 and "padding_mask" bool, `[R, T]`, padded on the left; or
                `[R, L]` with "length" int32, how many of them are the prompt's.
            plan: see the class.
            slots: int. Room of a row, L at least.
        """
        ids, mask = prompt["token_ids"], prompt["padding_mask"]
        reach = ops.sum(ops.cast(mask, "int32"), axis=1) + plan["limits"]
        logits, _, cache = decoder.prefill(ids, mask, slots, reach=reach)
        return self._append(fresh_state(prompt, plan, cache, slots), logits, plan)

    def advance(self, decoder: Decoder, state: State, plan: Plan) -> State:
        """Show the model the newest token of each row, and choose the next."""
        logits, _, cache = decoder.step(newest(state)[:, None], state["cache"])
        state = state | {"cache": cache, "step": state["step"] + 1}
        return self._append(state, logits[:, 0], plan)

    def choose(self, logits: Any, uniform: Any, plan: Plan) -> Any:
        """Choose a token of each row.

        Args:
            logits: float32 `[R, V]`.
            uniform: float32 `[R]`, a random number in [0, 1) a row; None without `draws`.
            plan: see the class.

        Returns:
            int32 `[R]`.
        """
        probabilities = probabilities_of(sampling_weights(logits, plan))
        seeds = self._seeds(uniform)
        with keras.StatelessScope(state_mapping=seeds) if seeds else nullcontext():
            return ops.cast(self.get_next_token(probabilities), "int32")

    @property
    def is_random(self) -> bool:
        """Whether texts depend on a seed."""
        chooses = type(self).choose is not Sampler.choose
        return self.draws and (chooses or bool(self._generators()))

    def _generators(self) -> list[Any]:
        return [x for x in vars(self).values() if isinstance(x, keras.random.SeedGenerator)]

    def _seeds(self, uniform: Any) -> list[tuple[Any, Any]]:
        """The states of a subclass's own seed generators, drawn anew for this token.

        A compiled loop would otherwise draw alike at each step, and each time it runs.
        """
        own = self._generators()
        if uniform is None or not own:
            return []
        drawn = ops.cast(uniform[0] * 2.0**24, own[0].state.dtype)
        return [(x.state, ops.stack([drawn, ops.full_like(drawn, i)])) for i, x in enumerate(own)]

    def results(self, state: State, plan: Plan) -> State:
        """What of the state is returned: a row for each prompt, or more."""
        return state

    def _append(self, state: State, logits: Any, plan: Plan) -> State:
        broken = ops.logical_and(has_nan(logits), ops.logical_not(state["done"]))
        if "repetition_penalty" in plan:
            logits = repetition_penalty(
                logits, state["token_ids"], written(state), plan["repetition_penalty"]
            )
        numbers = uniform(plan["streams"], state["count"]) if self.draws else None
        ids = self.choose(logits, numbers, plan)
        return append(state, ids, plan) | {"broken": ops.logical_or(state["broken"], broken)}


def fresh_state(prompt: Mapping[str, Any], plan: Plan, cache: Any, slots: int) -> State:
    """The state after the prompts, before any token was chosen."""
    ids, mask = prompt["token_ids"], prompt["padding_mask"]
    rows, width = ids.shape
    length = ops.convert_to_tensor(prompt.get("length", width), dtype="int32")
    real = ops.sum(ops.cast(mask, "int32"), axis=1)
    return {
        "token_ids": ops.pad(ids, [(0, 0), (0, slots - width)]),
        "prompt": length,
        "first": length - real,
        "count": ops.zeros((rows,), dtype="int32"),
        "done": plan["limits"] <= 0,
        "broken": ops.zeros((rows,), dtype="bool"),
        "step": ops.convert_to_tensor(0, dtype="int32"),
        "cache": cache,
    }


def append(state: State, ids: Any, plan: Plan) -> State:
    """Add a token, int32 `[R]`, to each row that is not done, and see which are then."""
    active = ops.logical_not(state["done"])
    column = state["prompt"] + state["count"]  # R
    places = ops.arange(state["token_ids"].shape[1], dtype="int32")
    here = ops.logical_and(places == column[:, None], active[:, None])  # R L
    count = state["count"] + ops.cast(active, "int32")
    stopped = ops.any(ids[:, None] == plan["stop_token_ids"], axis=1)
    if "kept" in plan:  # What stood there before ends nothing.
        stopped = ops.logical_and(stopped, ops.logical_not(ops.any(here & plan["kept"], axis=1)))
    finished = ops.logical_or(stopped, count >= plan["limits"])
    return state | {
        "token_ids": ops.where(here, ids[:, None], state["token_ids"]),
        "count": count,
        "done": ops.logical_or(state["done"], finished),
    }


def newest(state: State) -> Any:
    """The last token of each row, int32 `[R]`."""
    column = state["prompt"] + state["count"] - 1
    return ops.take_along_axis(state["token_ids"], column[:, None], axis=1)[:, 0]


def written(state: State) -> Any:
    """Which of "token_ids" are tokens of the row, bool `[R, L]`."""
    places = ops.arange(state["token_ids"].shape[1], dtype="int32")
    end = state["prompt"] + state["count"]
    return ops.logical_and(places >= state["first"][:, None], places < end[:, None])
