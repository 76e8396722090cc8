"""Samplers called as functions, with a custom `next` function and cache.

Axes: R rows, L tokens of a row, D features, V vocabulary.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._types import Cache, Tensor
from nlpkit.ops import backend
from nlpkit.samplers.loop.execution import fresh_seed, loop
from nlpkit.samplers.parameters import plan_values
from nlpkit.samplers.sampler import Plan, Sampler

# (prompt `[R, L]`, cache, index) -> (logits `[R, V]` of the token at index, hidden `[R, D]`, cache)
Next = Callable[[Any, Any, Any], tuple[Any, Any, Any]]


class FunctionDecoder:
    """A `Decoder` around a custom function; its cache holds the texts next to the caller's cache.

    Its cache is a dict of "tokens" int32 `[R, L]`, "kept" bool `[R, L]` or `()`, "index" int32 (the
    next token's), "own" (the caller's cache, `()` for None) and "length" `[R]`, whose shape is the
    number of rows.

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
        self._own, self._index = cache, index
        self._kept = () if kept is None else kept
        self._hidden_states = hidden_states
        self._needs_hidden = False

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
        """Compute the logits of the first token; see `nlpkit.samplers.sampler.Decoder`."""
        self._needs_hidden = all_hidden
        if all_hidden and self._hidden_states is None:
            raise ValueError(
                "hidden_states must be those of the prompt, float [batch, length, dim], for a "
                "sampler that compares them; got None."
            )
        own = () if self._own is None else keras.tree.map_structure(_tensor, self._own)
        cache = {"tokens": token_ids, "kept": self._kept, "index": self._index, "own": own}
        cache["length"] = ops.zeros_like(token_ids[:, 0])
        logits, _, cache = self._ask(cache)
        return logits, self._hidden_states, cache

    def step(self, token_ids: Tensor, cache: Cache) -> tuple[Any, Any, Any]:
        """Write a token, `[R, 1]`, and compute the logits of the next."""
        tokens = ops.slice_update(cache["tokens"], [0, cache["index"]], token_ids)
        cache = cache | {"tokens": tokens, "index": cache["index"] + 1}
        logits, hidden, cache = self._ask(cache)
        return logits[:, None], None if hidden is None else hidden[:, None], cache

    def _ask(self, cache: Cache) -> tuple[Any, Any, Any]:
        own = None if isinstance(cache["own"], tuple) and not cache["own"] else cache["own"]
        logits, hidden, own = self._next(cache["tokens"], own, cache["index"])
        if hidden is None and self._needs_hidden:
            raise ValueError(
                "next must return hidden states, float [batch, dim], as its second value for a "
                "sampler that compares them; got None."
            )
        logits = ops.cast(_tensor(logits), "float32")
        # One row may stand for all, e.g. if several texts of a prompt are searched.
        logits = ops.broadcast_to(logits, (cache["tokens"].shape[0], logits.shape[-1]))
        if not isinstance(cache["kept"], tuple):
            logits = _only_kept(logits, cache)
        return logits, hidden, cache | {"own": () if own is None else own}


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
    before = {
        "token_ids": tokens,
        "padding_mask": ops.broadcast_to(written, tokens.shape),
        "length": index,
    }
    with backend.without_gradients():
        state = sampler.start(decoder, before, plan, length)
        state = loop(sampler, decoder, state, plan, length - 1 - index)
        results = sampler.results(state, plan)
    if not backend.is_tracing() and bool(ops.any(state["broken"])):
        raise ValueError("next returned logits that are not numbers (NaN).")
    # `ops.full` turns integers into floats: a prompt of these is returned as ids too.
    dtype = keras.backend.standardize_dtype(getattr(prompt, "dtype", "int32"))
    dtype = dtype if keras.backend.is_int_dtype(dtype) else "int32"
    found = ops.cast(results["token_ids"], dtype)
    return (found, results["scores"]) if sampler.returns_several else found


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
    plan = {
        "stop_token_ids": np.array([-1] if stops is None else list(stops), "int32"),
        "limits": ops.broadcast_to(length - index, (rows,)),
        "streams": ops.stack([seeds, ops.cast(draws, "int32")], axis=1),
    }
    plan |= plan_values(sampler.parameters())
    plan = {name: _tensor(value) for name, value in plan.items()}
    return plan if kept is None else plan | {"kept": kept}


def _tokens(prompt: Tensor) -> Any:
    tokens = ops.cast(_tensor(prompt), "int32")
    if len(tokens.shape) != 2 or None in tuple(tokens.shape):
        raise ValueError(
            "prompt must be ids of a known shape [batch, length], with room for what is to be "
            f"generated; got the shape {tuple(tokens.shape)}."
        )
    return tokens


def _only_kept(logits: Tensor, cache: Cache) -> Any:
    """Mask the logits to the given token where the next token is kept."""
    tokens, index = cache["tokens"], cache["index"]
    column = ops.minimum(index, tokens.shape[1] - 1)
    words = ops.arange(logits.shape[-1], dtype="int32")
    here = words == ops.take(tokens, column, axis=1)[:, None]  # R V
    kept = ops.take(cache["kept"], column, axis=1)[:, None]
    return ops.where(kept, ops.where(here, 0.0, -float("inf")), logits)


def _without_changes(function: Next, model: Any) -> Next:
    """A function that reads the model's current variables without updating them."""
    values = [(variable, variable.value) for variable in model.variables]

    def call(prompt: Tensor, cache: Cache, index: Tensor) -> tuple[Any, Any, Any]:
        with keras.StatelessScope(state_mapping=values):
            return function(prompt, cache, index)

    return call


def _tensor(x: Tensor) -> Any:
    return ops.convert_to_tensor(x)
