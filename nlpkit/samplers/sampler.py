"""Sampler: the base class of samplers, which generate token by token.

Axes: R rows, T tokens of the longest prompt, L = T + the maximum number of new tokens, V
    vocabulary.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, ClassVar, Protocol

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Cache, Tensor
from nlpkit.ops.random_bits import uniform
from nlpkit.ops.sampling import has_nan, probabilities_of, repetition_penalty, sampling_weights
from nlpkit.samplers.parameters import PARAMETERS, check_parameter

State = dict[str, Any]
Plan = Mapping[str, Any]


class Decoder(Protocol):
    """The interface of a model to samplers; both methods are pure functions of tensors."""

    def prefill(
        self,
        token_ids: Tensor,
        padding_mask: Tensor,
        slots: int,
        *,
        reach: Tensor = None,
        ring: bool = True,
        all_hidden: bool = False,
    ) -> tuple[Any, Any, Any]:
        """Logits `[R, V]` after left-padded prompts `[R, T]`, features `[R, dim]`, and a cache.

        Args:
            token_ids, padding_mask: the prompts.
            slots: int. The number of tokens per row that the cache has room for.
            reach: int32 `[R]`. The maximum length of each row; None for `slots`.
            ring: bool. Whether layers with a sliding window cache only that window; False for a
                cache that is rolled back or takes several tokens at once.
            all_hidden: bool. Whether the features are those of all tokens, `[R, T, dim]`.
        """

    def step(self, token_ids: Tensor, cache: Cache) -> tuple[Any, Any, Any]:
        """Logits `[R, t, V]` and features after t more tokens per row, and the new cache."""


class Sampler(Configurable):
    """Choose the next token, repeatedly.

    A subclass defines `get_next_token`. `generate` runs `start`, then `advance` until every row is
    done; both are compiled on JAX and TensorFlow, and operate on a state of tensors:

    - "token_ids" int32 `[R, L]`: the prompts, padded on the left, and the generated tokens;
    - "prompt" int32: T; "first" int32 `[R]`: the position where a row's prompt begins;
    - "count" int32 `[R]`: the number of generated tokens; "done" bool `[R]`: whether a row is done;
    - "step" int32: the number of iterations; "broken" bool `[R]`: whether logits were NaN;
    - "cache": the decoder's.

    Values that change from call to call, such as the temperature, are in a plan of tensors:
    "stop_token_ids" int32 `[n]`, "limits" int32 `[R]` (the maximum number of tokens to generate),
    "streams" int32 `[R, 2]` (seed and draw of a row's random numbers), `parameters`, and
    optionally, if a sampler is called, "kept" bool `[R, L]` (given tokens that are kept).

    Args:
        temperature: float, positive. Divides the logits: below 1, likely tokens become more
            likely.

    Example:
        >>> import keras
        >>> class ArgmaxSampler(nlpkit.samplers.Sampler):
        ...     def get_next_token(self, probabilities):
        ...         return keras.ops.argmax(probabilities, axis=-1)
        >>> def count_up(prompt, cache, index):
        ...     return keras.ops.one_hot(prompt[:, index - 1] + 1, 10), None, cache
        >>> ids = ArgmaxSampler()(count_up, keras.ops.array([[3, 0, 0, 0]]), index=1)
        >>> keras.ops.convert_to_numpy(ids).tolist()
        [[3, 4, 5, 6]]
    """

    takes: ClassVar[tuple[str, ...]] = tuple(PARAMETERS)
    draws: ClassVar[bool] = True  # whether `choose` needs random numbers
    streams: ClassVar[bool] = True  # whether generated tokens are final

    def __init__(self, temperature: float = 1.0) -> None:
        check_parameter("temperature", temperature)
        self.temperature = temperature
        self.given: dict[str, float] = {}

    @property
    def returns_several(self) -> bool:
        """Whether `results` has several texts per row, with "scores"."""
        return False

    def __call__(
        self,
        next: Callable[[Any, Any, Any], tuple[Any, Any, Any]],
        prompt: Tensor,
        cache: Cache = None,
        index: Tensor = 0,
        mask: Tensor = None,
        stop_token_ids: Sequence[int] | None = None,
        hidden_states: Tensor = None,
        model: keras.Model | None = None,
        *,
        seed: Tensor = None,
    ) -> Any:
        """Generate with a custom function, which may call any model.

        It runs eagerly or within a compiled function. A finished row keeps what the prompt holds
        after its end, whatever other rows do.

        Args:
            next: function of `prompt`, `cache` and `index` (int32, a scalar) that returns logits
                `[R, V]` of the token at that index, hidden states `[R, D]` (None if the sampler
                needs none), and the new cache. Tokens from the index on must be ignored.
            prompt: int `[R, L]`. The prompts, with room for the generated tokens.
            cache: nested structure of tensors with one row for each prompt, or None.
            index: int or int32 scalar. The position of the first new token, in all rows.
            mask: bool `[R, L]`. Which tokens of the prompt to keep: those of prompts that extend
                beyond `index`. None for none.
            stop_token_ids: ints. Tokens that end a row; None for none.
            hidden_states: float `[R, L, D]`. The prompt's, for `ContrastiveSampler`.
            model: `keras.Model`. The model that `next` calls: on JAX its variables, such as seeds,
                are not updated.
            seed: int or int32 scalar or `[R]`. By default the sampler's, or another each time;
                required in a function compiled by JAX.

        Returns:
            int `[R, L]`. For a sampler that returns several texts per row, a tuple of
            `[R, B, L]`, best first, and their scores `[R, B]`.

        Raises:
            ValueError: the shape of `prompt` is not known, hidden states are missing, logits are
                NaN, or a seed is missing.
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

    def get_next_token(self, probabilities: Tensor) -> Any:
        """Choose tokens by their probabilities, float32 `[R, V]`; return ids, int `[R]`."""
        raise NotImplementedError(f"{type(self).__name__} must define get_next_token.")

    def parameters(self) -> dict[str, float]:
        """The sampling parameters for the plan, by name."""
        return {"temperature": self.temperature} | self.given

    def models(self) -> tuple[Any, ...]:
        """The models that the sampler uses in addition to the decoder."""
        return ()

    def structure(self) -> Hashable:
        """The compile key: samplers with equal keys differ only in values of the plan."""
        return id(self)

    def slots(self, prompt_length: int, new_tokens: int) -> int:
        """The number of tokens that a row of the cache must have room for."""
        return prompt_length + new_tokens

    def start(self, decoder: Decoder, prompt: Mapping[str, Any], plan: Plan, slots: int) -> State:
        """Run the model on the prompts, and choose the first token of each row.

        Args:
            decoder: `Decoder`.
            prompt: "token_ids" int32 and "padding_mask" bool, `[R, T]`, padded on the left; or
                `[R, L]` with "length" int32, the number of them that belong to the prompt.
            plan: see the class.
            slots: int. The number of cache slots per row, at least L.
        """
        ids, mask = prompt["token_ids"], prompt["padding_mask"]
        reach = ops.sum(ops.cast(mask, "int32"), axis=1) + plan["limits"]
        logits, _, cache = decoder.prefill(ids, mask, slots, reach=reach)
        return self._append(fresh_state(prompt, plan, cache, slots), logits, plan)

    def advance(self, decoder: Decoder, state: State, plan: Plan) -> State:
        """Run the model on the newest token of each row, and choose the next."""
        logits, _, cache = decoder.step(newest(state)[:, None], state["cache"])
        state = state | {"cache": cache, "step": state["step"] + 1}
        return self._append(state, logits[:, 0], plan)

    def choose(self, logits: Tensor, uniform: Tensor, plan: Plan) -> Any:
        """Choose a token of each row.

        Args:
            logits: float32 `[R, V]`.
            uniform: float32 `[R]`, a random number in [0, 1) per row; None without `draws`.
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

    def _seeds(self, uniform: Tensor) -> list[tuple[Any, Any]]:
        """The states of a subclass's own seed generators, drawn again for this token.

        A compiled loop would otherwise draw the same numbers at each step and in each run.
        """
        own = self._generators()
        if uniform is None or not own:
            return []
        drawn = ops.cast(uniform[0] * 2.0**24, own[0].state.dtype)
        return [(x.state, ops.stack([drawn, ops.full_like(drawn, i)])) for i, x in enumerate(own)]

    def results(self, state: State, plan: Plan) -> State:
        """The part of the state that is returned, with one or more rows per prompt."""
        return state

    def _append(self, state: State, logits: Tensor, plan: Plan) -> State:
        broken = ops.logical_and(has_nan(logits), ops.logical_not(state["done"]))
        if "repetition_penalty" in plan:
            logits = repetition_penalty(
                logits, state["token_ids"], written(state), plan["repetition_penalty"]
            )
        numbers = uniform(plan["streams"], state["count"]) if self.draws else None
        ids = self.choose(logits, numbers, plan)
        return append(state, ids, plan) | {"broken": ops.logical_or(state["broken"], broken)}


def fresh_state(prompt: Mapping[str, Any], plan: Plan, cache: Cache, slots: int) -> State:
    """The state after the prompts, before any token is chosen."""
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
    """Append a token, int32 `[R]`, to each row that is not done, and update which are done."""
    active = ops.logical_not(state["done"])
    column = state["prompt"] + state["count"]  # R
    places = ops.arange(state["token_ids"].shape[1], dtype="int32")
    here = ops.logical_and(places == column[:, None], active[:, None])  # R L
    count = state["count"] + ops.cast(active, "int32")
    stopped = ops.any(ids[:, None] == plan["stop_token_ids"], axis=1)
    if "kept" in plan:  # Given tokens end nothing.
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
    """The mask of "token_ids" that are tokens of the row, bool `[R, L]`."""
    places = ops.arange(state["token_ids"].shape[1], dtype="int32")
    end = state["prompt"] + state["count"]
    return ops.logical_and(places >= state["first"][:, None], places < end[:, None])
