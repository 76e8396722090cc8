"""Batches of prompts, in few shapes to avoid recompilation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np

from nlpkit.generation.options import Options
from nlpkit.generation.prompts import Prompts
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.ops import backend
from nlpkit.ops.sizes import power_of_two
from nlpkit.samplers.loop.plan import Plan
from nlpkit.samplers.parameters import plan_values
from nlpkit.samplers.sampler import Sampler


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
    source = None
    if prompts.sources is not None:
        sources = [prompts.sources[indices[i]] for i in chosen]
        source = dict(
            zip(("token_ids", "padding_mask"), padded_left(sources, least=32), strict=True)
        )
    limits = options.longest(model) - np.array([len(row) for row in rows])
    if options.max_new_tokens is not None:
        limits = np.minimum(limits, options.max_new_tokens)
    prompt = prompt_of(rows, limits, options.sampler, source)
    stops = options.stop_ids(model)
    rules = {name: np.asarray(x, "int32") for name, x in options.plan_rules(stops).items()}
    plan = plan_of(options.sampler, stops, limits, streams[chosen], rules)
    return Batch(prompt, replace(plan, ngram=options.ngram), indices)


def prompt_of(
    rows: list[list[int]],
    limits: np.ndarray,
    sampler: Sampler,
    source: dict[str, np.ndarray] | None = None,
) -> Prompt:
    """The prompt of a batch.

    Args:
        rows: list of lists of int.
        limits: int `[rows]`. The maximum number of tokens to generate after each.
        sampler: `Sampler`.
        source: dict of arrays or None. What an encoder reads.
    """
    # What has a source begins with a few tokens alone.
    token_ids, mask = padded_left(rows, least=32 if source is None else 1)
    slots = sampler.slots(token_ids.shape[1], int(limits.max()))
    return Prompt(
        token_ids,
        mask,
        reach=(mask.sum(axis=1) + limits).astype("int32"),
        slots=slots if backend.EAGER else _coarse(slots),
        source=source,
    )


def plan_of(
    sampler: Sampler,
    stops: Sequence[int],
    limits: np.ndarray,
    streams: np.ndarray,
    rules: Mapping[str, np.ndarray],
) -> Plan:
    """The plan of a batch; arguments as for `Plan` and `prompt_of`."""
    return Plan(
        stop_token_ids=stop_array(stops),
        limits=limits.astype("int32"),
        streams=streams,
        parameters=plan_values(sampler.parameters()),
        rules=rules,
    )


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


def _coarse(slots: int) -> int:
    """Round up the size of a cache to a bucket: at most an eighth more than needed."""
    step = max(64, power_of_two(slots) // 8)
    return -(-slots // step) * step
