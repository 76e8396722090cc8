"""Execution of a sampler's loop: compiled on JAX and TensorFlow, eager on PyTorch."""

from collections.abc import Callable, Hashable
from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._types import Tensor
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.modules.calling.direct_call import direct_calls
from nlpkit.ops import backend
from nlpkit.ops.tree import map_fields
from nlpkit.samplers.loop.decoder import Decoder
from nlpkit.samplers.loop.plan import Plan
from nlpkit.samplers.loop.state import State
from nlpkit.samplers.sampler import Sampler


class Execution:
    """Runs samplers on one model, and caches the loops compiled for it.

    A loop is compiled once for each compile key of a sampler and each shape of the prompts and the
    cache. Weights and all parameters are its inputs: changing them does not recompile.

    Args:
        model: keras.Model that is a `Decoder`.

    Attributes:
        compilations: int. The number of loops compiled so far (0 on PyTorch).
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._programs: dict[Hashable, tuple[Callable[..., Any], Sampler]] = {}
        policy = model.dtype_policy
        # Without Keras' autocasting, everything must be of one dtype.
        self._direct = policy.compute_dtype == policy.variable_dtype

    @property
    def compilations(self) -> int:
        return len(self._programs)

    def start(self, sampler: Sampler, prompt: Prompt, plan: Plan, until: int) -> State:
        """Run the model on the prompts, and generate up to `until` tokens per row.

        Args:
            sampler: `Sampler`.
            prompt: `Prompt` of arrays.
            plan: `Plan` of arrays.
            until: int. The number of iterations of the loop.
        """

        def begin(prompt: Prompt, plan: Plan, until: Tensor) -> State:
            state = sampler.start(self._model, prompt, plan)
            return loop(sampler, self._model, state, plan, until)

        key = ("start", prompt.slots, *map(np.shape, keras.tree.flatten(prompt.source)))
        return self._run(key, begin, sampler, map_fields(_tensors, prompt), plan, until)

    def resume(self, sampler: Sampler, state: State, plan: Plan, until: int) -> State:
        """Resume from a state, which must not be used again, until its step is `until`."""

        def proceed(state: State, plan: Plan, until: Tensor) -> State:
            return loop(sampler, self._model, state, plan, until)

        context = getattr(state.cache, "context", None)
        key = ("resume", None if context is None else tuple(context.mask.shape))
        return self._run(key, proceed, sampler, state, plan, until)

    def _run(
        self,
        name: tuple[Any, ...],
        function: Callable[..., Any],
        sampler: Sampler,
        first: Prompt | State,
        plan: Plan,
        until: int,
    ) -> State:
        models = (self._model, *sampler.models())
        consume = name[0] == "resume"
        plan = map_fields(_tensors, plan)
        with direct_calls(self._direct):
            if backend.EAGER:
                return backend.program(function, models, consume=consume)(first, plan, until)
            sized = (plan.limits, first.token_ids, plan.stop_token_ids)
            shapes = tuple(tuple(x.shape) for x in sized)
            words = getattr(self._model, "spelled_words", None)
            rules = sorted((name, tuple(x.shape)) for name, x in plan.rules.items())
            given = (*sorted(plan.parameters), *rules, plan.ngram)
            key = (*name, sampler.structure(), shapes, given, words)
            if key not in self._programs:
                program = backend.program(function, models, consume=consume)
                self._programs[key] = (program, sampler)
            return self._programs[key][0](first, plan, _tensors(until))


def loop(sampler: Sampler, model: Decoder, state: State, plan: Plan, until: Tensor) -> State:
    """Advance until all rows are done, or the state's step is `until`."""
    return backend.run_loop(lambda state: sampler.advance(model, state, plan), state, until)


def _tensors(tree: Any) -> Any:
    def convert(x: Tensor) -> Any:
        return ops.convert_to_tensor(x, dtype="int32" if isinstance(x, int) else None)

    return keras.tree.map_structure(convert, tree)


def fresh_seed() -> Any:
    """Return a different seed each time, even if a compiled function runs again.

    Raises:
        ValueError: JAX is compiling, so that the seed would be constant.
    """
    if backend.is_tracing():
        return backend.traced_seed()
    return int(np.random.default_rng().integers(2**31))
