"""Sampler: the base class of samplers, which generate token by token.

Axes: R rows, L tokens of a row (prompt and generated), V vocabulary.
"""

from collections.abc import Callable, Hashable, Sequence
from contextlib import nullcontext
from typing import Any, ClassVar, TypeVar

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Cache, Tensor
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.ops.random_bits import uniform
from nlpkit.ops.sampling import has_nan, probabilities_of, repetition_penalty, sampling_weights
from nlpkit.ops.tree import replaced
from nlpkit.samplers.loop.decoder import Decoder
from nlpkit.samplers.loop.plan import Plan
from nlpkit.samplers.loop.rules import obey_of
from nlpkit.samplers.loop.state import Results, State, append, fresh_state
from nlpkit.samplers.parameters import PARAMETERS, check_parameter

S = TypeVar("S", bound=State)


class Sampler(Configurable):
    """Choose the next token, repeatedly.

    A subclass defines `get_next_token`. `generate` runs `start`, then `advance` until every row is
    done; both are compiled on JAX and TensorFlow, and operate on a `State`. Values that change
    from call to call, such as the temperature, are in a `Plan`.

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

    def start(self, decoder: Decoder, prompt: Prompt, plan: Plan) -> Any:
        """Run the model on the prompts, and choose the first token of each row: a `State`."""
        logits, _, cache = decoder.prefill(prompt)
        return self._append(fresh_state(prompt, plan, cache), logits, plan)

    def advance(self, decoder: Decoder, state: Any, plan: Plan) -> Any:
        """Run the model on the newest token of each row, and choose the next: a `State`."""
        logits, _, cache = decoder.step(state.newest[:, None], state.cache)
        state = replaced(state, cache=cache, step=state.step + 1)
        return self._append(state, logits[:, 0], plan)

    def choose(self, logits: Tensor, uniform: Tensor, plan: Plan) -> Any:
        """Choose a token of each row.

        Args:
            logits: float32 `[R, V]`.
            uniform: float32 `[R]`, a random number in [0, 1) per row; None without `draws`.
            plan: `Plan`.

        Returns:
            int32 `[R]`.
        """
        probabilities = probabilities_of(sampling_weights(logits, plan.parameters))
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

    def results(self, state: Any, plan: Plan) -> Results:
        """What is returned of a state: one or more texts per prompt."""
        return Results(state.token_ids, state.count, state.prompt, state.done)

    def _append(self, state: S, logits: Tensor, plan: Plan) -> S:
        broken = ops.logical_and(has_nan(logits), ops.logical_not(state.done))
        penalty = plan.parameters.get("repetition_penalty")
        if penalty is not None:
            logits = repetition_penalty(logits, state.token_ids, state.written, penalty)
        logits = obey_of(state, logits, plan)
        numbers = uniform(plan.streams, state.count) if self.draws else None
        ids = self.choose(logits, numbers, plan)
        return replaced(append(state, ids, plan), broken=ops.logical_or(state.broken, broken))
