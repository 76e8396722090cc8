"""Samplers called as functions, with a custom `next` function and cache.

Axes: R rows, L tokens of a row, D features, V vocabulary.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._types import Cache, Tensor
from nlpkit.modules.caching.cache import KeyValueCache, rows_taken
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.ops import backend
from nlpkit.ops.tree import replaced, tree
from nlpkit.samplers.loop.execution import fresh_seed, loop
from nlpkit.samplers.loop.plan import Plan
from nlpkit.samplers.parameters import plan_values
from nlpkit.samplers.sampler import Sampler

# (prompt `[R, L]`, cache, index) -> (logits `[R, V]` of the token at index, hidden `[R, D]`, cache)
Next = Callable[[Any, Any, Any], tuple[Any, Any, Any]]


@tree
class FunctionCache:
    """The caller's cache and the texts.

    Attributes:
        tokens: int32 `[R, L]`.
        index: int32 scalar, the next token's.
        own: the caller's cache, a tree of tensors with a row for each text, or `KeyValueCache`s;
            None for none.
        kept: bool `[R, L]`, which given tokens are kept; None for none.
    """

    tokens: Tensor
    index: Tensor
    own: Cache
    kept: Tensor

    def take_rows(self, rows: Tensor) -> "FunctionCache":
        """The cache of other rows: int32 `[R']` says which row of this one each of them is."""
        count = self.tokens.shape[0]

        def take(x: Cache) -> Any:
            if isinstance(x, KeyValueCache):
                return x.take_rows(rows)
            return rows_taken(x, rows, count) if len(x.shape) else x

        return replaced(
            self,
            tokens=take(self.tokens),
            own=None if self.own is None else keras.tree.map_structure(take, self.own),
            kept=None if self.kept is None else take(self.kept),
        )


class FunctionDecoder:
    """A `Decoder` around a custom function; its cache is a `FunctionCache`.

    Args:
        function: see `Next`.
        cache: the caller's, or None.
        index: int32. The position of the first new token.
        kept: bool `[R, L]` or None. The given tokens to keep.
        hidden_states: float `[R, L, D]` or None, of the prompt.
        model: `keras.Model` or None. The model that the function calls: on JAX its variables
            are not updated.
    """

    def __init__(
        self,
        function: Next,
        cache: Cache,
        index: Tensor,
        kept: Tensor,
        hidden_states: Tensor,
        model: Any,
    ) -> None:
        stateless = model is not None and backend.STATELESS
        self._next = _without_changes(function, model) if stateless else function
        self._own, self._index, self._kept = cache, index, kept
        self._hidden_states = hidden_states
        self._needs_hidden = False

    def prefill(self, prompt: Prompt) -> tuple[Any, Any, FunctionCache]:
        """Compute the logits of the first token; see `Decoder`."""
        self._needs_hidden = prompt.all_hidden
        if prompt.all_hidden and self._hidden_states is None:
            raise ValueError(
                "hidden_states must be those of the prompt, float [batch, length, dim], for a "
                "sampler that compares them; got None."
            )
        own = None if self._own is None else keras.tree.map_structure(_part, self._own)
        cache = FunctionCache(prompt.token_ids, self._index, own, self._kept)
        logits, _, cache = self._ask(cache)
        return logits, self._hidden_states, cache

    def step(self, token_ids: Tensor, cache: FunctionCache) -> tuple[Any, Any, FunctionCache]:
        """Write a token, `[R, 1]`, and compute the logits of the next."""
        tokens = ops.slice_update(cache.tokens, [0, cache.index], token_ids)
        cache = replaced(cache, tokens=tokens, index=cache.index + 1)
        logits, hidden, cache = self._ask(cache)
        return logits[:, None], None if hidden is None else hidden[:, None], cache

    def _ask(self, cache: FunctionCache) -> tuple[Any, Any, FunctionCache]:
        logits, hidden, own = self._next(cache.tokens, cache.own, cache.index)
        if hidden is None and self._needs_hidden:
            raise ValueError(
                "next must return hidden states, float [batch, dim], as its second value for a "
                "sampler that compares them; got None."
            )
        logits = ops.cast(_tensor(logits), "float32")
        # One row may stand for all, e.g. if several texts of a prompt are searched.
        logits = ops.broadcast_to(logits, (cache.tokens.shape[0], logits.shape[-1]))
        if cache.kept is not None:
            logits = _only_kept(logits, cache)
        return logits, hidden, replaced(cache, own=own)


def call(
    sampler: Sampler,
    next: Next,
    prompt: Tensor,
    *,
    cache: Cache,
    index: Tensor,
    mask: Tensor,
    stop_token_ids: Sequence[int] | None,
    hidden_states: Tensor,
    model: Any,
    seed: Tensor,
) -> Any:
    """Run a sampler; see `Sampler.__call__`."""
    tokens = _tokens(prompt)
    length = tokens.shape[1]
    index = ops.cast(_tensor(index), "int32")
    kept = None if mask is None else ops.cast(_tensor(mask), "bool")
    decoder = FunctionDecoder(next, cache, index, kept, hidden_states, model)
    plan = plan_of(sampler, tokens, index, kept, stop_token_ids, seed)
    written = ops.arange(length, dtype="int32") < index
    before = Prompt(
        tokens,
        ops.broadcast_to(written, tokens.shape),
        reach=ops.broadcast_to(length, tokens.shape[:1]),
        slots=length,
        length=index,
    )
    with backend.without_gradients():
        state = sampler.start(decoder, before, plan)
        state = loop(sampler, decoder, state, plan, length - 1 - index)
        results = sampler.results(state, plan)
    if not backend.is_tracing() and bool(ops.any(state.broken)):
        raise ValueError("next returned logits that are not numbers (NaN).")
    # `ops.full` turns integers into floats: a prompt of these is returned as ids too.
    dtype = keras.backend.standardize_dtype(getattr(prompt, "dtype", "int32"))
    dtype = dtype if keras.backend.is_int_dtype(dtype) else "int32"
    found = ops.cast(results.token_ids, dtype)
    return (found, results.scores) if sampler.returns_several else found


def plan_of(
    sampler: Sampler,
    tokens: Tensor,
    index: Tensor,
    kept: Tensor,
    stops: Sequence[int] | None,
    seed: Tensor,
) -> Plan:
    """The values that the sampler's loop takes in addition to its state."""
    rows, length = tokens.shape
    # Equal texts are numbered in order, so that a row does not depend on the others.
    same = ops.all(tokens[:, None] == tokens[None], axis=-1)
    draws = ops.sum(ops.tril(ops.cast(same, "int32"), -1), axis=1)  # R
    if seed is None:
        seed = fresh_seed() if sampler.is_random else 0
    seeds = ops.broadcast_to(ops.cast(_tensor(seed), "int32"), (rows,))
    values = plan_values(sampler.parameters())
    return Plan(
        stop_token_ids=_tensor(np.array([-1] if stops is None else list(stops), "int32")),
        limits=ops.broadcast_to(length - index, (rows,)),
        streams=ops.stack([seeds, ops.cast(draws, "int32")], axis=1),
        parameters={name: _tensor(value) for name, value in values.items()},
        kept=kept,
    )


def _tokens(prompt: Tensor) -> Any:
    tokens = ops.cast(_tensor(prompt), "int32")
    if len(tokens.shape) != 2 or None in tuple(tokens.shape):
        raise ValueError(
            "prompt must be ids of a known shape [batch, length], with room for what is to be "
            f"generated; got the shape {tuple(tokens.shape)}."
        )
    return tokens


def _only_kept(logits: Tensor, cache: FunctionCache) -> Any:
    """Mask the logits to the given token where the next token is kept."""
    tokens = cache.tokens
    column = ops.minimum(cache.index, tokens.shape[1] - 1)
    words = ops.arange(logits.shape[-1], dtype="int32")
    here = words == ops.take(tokens, column, axis=1)[:, None]  # R V
    kept = ops.take(cache.kept, column, axis=1)[:, None]
    return ops.where(kept, ops.where(here, 0.0, -float("inf")), logits)


def _without_changes(function: Next, model: Any) -> Next:
    """A function that reads the model's current variables without updating them."""
    values = [(variable, variable.value) for variable in model.variables]

    def call(prompt: Tensor, cache: Cache, index: Tensor) -> tuple[Any, Any, Any]:
        with keras.StatelessScope(state_mapping=values):
            return function(prompt, cache, index)

    return call


def _part(x: Cache) -> Any:
    return x if isinstance(x, KeyValueCache) else _tensor(x)


def _tensor(x: Tensor) -> Any:
    return ops.convert_to_tensor(x)
