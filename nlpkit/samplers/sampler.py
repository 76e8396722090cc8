"""Sampler: the base class, which generates token by token.

Letters: R rows, T tokens of the longest prompt, L = T + the most new tokens, V words.
"""

from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, Protocol

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
    "streams" int32 `[R, 2]` (seed and draw of a row's random numbers), and `parameters`.

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
            prompt: "token_ids" int32 and "padding_mask" bool, `[R, T]`, padded on the left.
            plan: see the class.
            slots: int. Room of a row, L at least.
        """
        ids, mask = prompt["token_ids"], prompt["padding_mask"]
        reach = ops.sum(ops.cast(mask, "int32"), axis=1) + plan["limits"]
        logits, _, cache = decoder.prefill(ids, mask, slots, reach=reach)
        return self._append(fresh_state(prompt, cache, slots), logits, plan)

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
        weights = sampling_weights(logits, plan)
        return ops.cast(self.get_next_token(probabilities_of(weights)), "int32")

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


def fresh_state(prompt: Mapping[str, Any], cache: Any, slots: int) -> State:
    """The state after the prompts, before any token was chosen."""
    ids, mask = prompt["token_ids"], prompt["padding_mask"]
    rows, length = ids.shape
    real = ops.sum(ops.cast(mask, "int32"), axis=1)
    return {
        "token_ids": ops.pad(ids, [(0, 0), (0, slots - length)]),
        "prompt": ops.convert_to_tensor(length, dtype="int32"),
        "first": length - real,
        "count": ops.zeros((rows,), dtype="int32"),
        "done": ops.zeros((rows,), dtype="bool"),
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
