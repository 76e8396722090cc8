"""Batches of prompts, in few shapes to avoid recompilation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from nlpkit.generation.options import Options
from nlpkit.generation.prompts import Prompts
from nlpkit.modules.prompt import Prompt
from nlpkit.ops import backend
from nlpkit.ops.sizes import power_of_two
from nlpkit.samplers.loop.plan import Plan
from nlpkit.samplers.parameters import plan_values


@dataclass(frozen=True)
class Batch:
    """Rows to generate at once, and their parameters.

    Args:
        prompt: `Prompt` of arrays.
        plan: `Plan` of arrays.
        indices: the number of the prompt of each row; rows after them are padding.
    """

    prompt: Prompt
    plan: Plan
    indices: list[int]


def batches_of(prompts: Prompts, options: Options, model: keras.Model) -> Iterator[Batch]:
    """Batches of all prompts, repeated for several texts each, `options.batch_size` at a time."""
    copies, size = options.num_return_sequences, options.batch_size
    streams = prompts.streams(options.seed, copies)
    order = [i for i in range(len(prompts.rows)) for _ in range(copies)]
    for first in range(0, len(order), size):
        indices = order[first : first + size]
        rows = [prompts.rows[i] for i in indices]
        yield _batch(rows, streams[first : first + size], indices, options, model)


def _batch(
    rows: list[list[int]],
    streams: np.ndarray,
    indices: list[int],
    options: Options,
    model: keras.Model,
) -> Batch:
    length, count = max(map(len, rows)), len(rows)
    if not backend.EAGER:
        length, count = _bucket(length), power_of_two(count)
    # Padding rows repeat the first one.
    chosen = [*range(len(rows)), *[0] * (count - len(rows))]
    rows = [rows[i] for i in chosen]
    token_ids, mask = np.zeros((count, length), "int32"), np.zeros((count, length), "bool")
    for i, row in enumerate(rows):
        token_ids[i, length - len(row) :] = row
        mask[i, length - len(row) :] = True
    lengths = np.array([len(row) for row in rows])
    limits = options.longest(model) - lengths
    if options.max_new_tokens is not None:
        limits = np.minimum(limits, options.max_new_tokens)
    slots = options.sampler.slots(length, int(limits.max()))
    prompt = Prompt(
        token_ids,
        mask,
        reach=(lengths + limits).astype("int32"),
        slots=slots if backend.EAGER else _coarse(slots),
    )
    plan = Plan(
        stop_token_ids=_stop_array(options.stop_ids(model)),
        limits=limits.astype("int32"),
        streams=streams[chosen],
        parameters=plan_values(options.sampler.parameters()),
    )
    return Batch(prompt, plan, indices)


def _stop_array(ids: Sequence[int]) -> np.ndarray:
    """Stop ids as an array of one of few sizes, padded with -1."""
    size = power_of_two(max(len(ids), 4))
    return np.array([*ids, *[-1] * (size - len(ids))], "int32")


def _bucket(length: int) -> int:
    """Round up the length of prompts to a bucket: a power of two, at least 32."""
    return max(32, power_of_two(length))


def _coarse(slots: int) -> int:
    """Round up the size of a cache to a bucket: at most an eighth more than needed."""
    step = max(64, power_of_two(slots) // 8)
    return -(-slots // step) * step
