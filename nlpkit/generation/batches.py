"""Batches of prompts, in few shapes to avoid recompilation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from nlpkit.generation.options import Options
from nlpkit.generation.prompts import Prompts
from nlpkit.modules.caching.prompt import Prompt
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
        yield _batch(prompts, streams[first : first + size], indices, options, model)


def _batch(
    prompts: Prompts,
    streams: np.ndarray,
    indices: list[int],
    options: Options,
    model: keras.Model,
) -> Batch:
    count = len(indices) if backend.EAGER else power_of_two(len(indices))
    # Padding rows repeat the first one.
    chosen = [*range(len(indices)), *[0] * (count - len(indices))]
    rows = [prompts.rows[indices[i]] for i in chosen]
    # What is translated begins with a single token.
    token_ids, mask = padded_left(rows, least=32 if prompts.sources is None else 1)
    source = None
    if prompts.sources is not None:
        sources = [prompts.sources[indices[i]] for i in chosen]
        source = dict(
            zip(("token_ids", "padding_mask"), padded_left(sources, least=32), strict=True)
        )
    length = token_ids.shape[1]
    lengths = np.array([len(row) for row in rows])
    limits = options.longest(model) - lengths
    if options.max_new_tokens is not None:
        limits = np.minimum(limits, options.max_new_tokens)
    slots = options.sampler.slots(length, int(limits.max()))
    prompt = Prompt(
        token_ids,
        mask,
        reach=(lengths + limits).astype("int32"),
        slots=slots if backend.EAGER else coarse(slots),
        source=source,
    )
    plan = Plan(
        stop_token_ids=stop_array(options.stop_ids(model)),
        limits=limits.astype("int32"),
        streams=streams[chosen],
        parameters=plan_values(options.sampler.parameters()),
        rules={name: np.asarray(value, "int32") for name, value in options.plan_rules.items()},
        ngram=options.ngram,
    )
    return Batch(prompt, plan, indices)


def stop_array(ids: Sequence[int]) -> np.ndarray:
    """Stop ids as an array of one of few sizes, padded with -1."""
    size = power_of_two(max(len(ids), 4))
    return np.array([*ids, *[-1] * (size - len(ids))], "int32")


def padded_left(rows: list[list[int]], least: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows padded on the left to one of few lengths, at least so many, and their mask."""
    length = max(map(len, rows))
    length = length if backend.EAGER else max(least, power_of_two(length))
    token_ids = np.zeros((len(rows), length), "int32")
    mask = np.zeros((len(rows), length), "bool")
    for i, row in enumerate(rows):
        token_ids[i, length - len(row) :] = row
        mask[i, length - len(row) :] = True
    return token_ids, mask


def coarse(slots: int) -> int:
    """Round up the size of a cache to a bucket: at most an eighth more than needed."""
    step = max(64, power_of_two(slots) // 8)
    return -(-slots // step) * step
