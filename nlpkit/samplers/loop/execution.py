"""Execution of a sampler's loop: compiled on JAX and TensorFlow, eager on PyTorch."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._types import Tensor
from nlpkit.modules.direct_call import direct_calls
from nlpkit.ops import backend
from nlpkit.samplers.sampler import Decoder, Plan, Sampler, State


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

    def start(
        self,
        sampler: Sampler,
        prompt: Mapping[str, Any],
        plan: Plan,
        slots: int,
        until: int,
    ) -> State:
        """Run the model on the prompts, and generate up to `until` tokens per row.

        Args:
            sampler: `Sampler`.
            prompt: "token_ids" int32 and "padding_mask" bool, arrays `[R, T]`.
            plan: arrays, see `Sampler`.
            slots: int. The number of cache slots per row.
            until: int. The number of iterations of the loop.
        """

        def begin(prompt: Any, plan: Any, until: Tensor) -> State:
            state = sampler.start(self._model, prompt, plan, slots)
            return loop(sampler, self._model, state, plan, until)

        return self._run(("start", slots), begin, sampler, prompt, plan, until)

    def resume(self, sampler: Sampler, state: State, plan: Plan, until: int) -> State:
        """Resume from a state, which must not be used again, until its "step" is `until`."""

        def proceed(state: Any, plan: Any, until: Tensor) -> State:
            return loop(sampler, self._model, state, plan, until)

        return self._run(("resume",), proceed, sampler, state, plan, until)

    def _run(
        self,
        name: tuple[Any, ...],
        function: Callable[..., Any],
        sampler: Sampler,
        first: Any,
        plan: Plan,
        until: int,
    ) -> State:
        models = (self._model, *sampler.models())
        consume = name[0] == "resume"
        first, tensors = (_tensors(x) for x in (first, dict(plan)))
        with direct_calls(self._direct):
            if backend.EAGER:
                return backend.program(function, models, consume=consume)(first, tensors, until)
            rows = tuple(tensors["limits"].shape)
            shapes = (rows, tuple(first["token_ids"].shape), tuple(tensors["stop_token_ids"].shape))
            words = getattr(self._model, "spelled_words", None)
            key = (*name, sampler.structure(), shapes, tuple(sorted(tensors)), words)
            if key not in self._programs:
                program = backend.program(function, models, consume=consume)
                self._programs[key] = (program, sampler)
            return self._programs[key][0](first, tensors, _tensors(until))


def loop(sampler: Sampler, model: Decoder, state: State, plan: Plan, until: Tensor) -> State:
    """Advance until all rows are done, or the state's "step" is `until`."""
    return backend.run_loop(lambda state: sampler.advance(model, state, plan), state, until)


def _tensors(tree: Any) -> Any:
    def convert(x: Tensor) -> Any:
        if backend.EAGER and isinstance(x, int):
            return x  # A cache's index, which slices
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
