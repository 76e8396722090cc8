"""Run a sampler's loop with a toy decoder."""

import numpy as np
from keras import ops
from samplers.toy import jitted, left_padded

from nlpkit.ops.tree import replaced
from nlpkit.samplers.loop.plan import Plan


def run(sampler, decoder, prompts, *, room, **options):
    """What the sampler returns for these prompts, as NumPy arrays."""
    prompt, plan = plan_of(sampler, prompts, room=room, **options)
    state = jitted(lambda: sampler.start(decoder, prompt, plan))()
    advance = jitted(lambda state: sampler.advance(decoder, state, plan))
    while not bool(ops.all(state.done)):
        state = advance(state)
    return results_of(sampler, state, plan)


def results_of(sampler, state, plan):
    """What the sampler returns of a state, as NumPy arrays, and how it got there."""
    results = {"step": state.step, "broken": state.broken, **vars(sampler.results(state, plan))}
    return {name: ops.convert_to_numpy(x) for name, x in results.items() if x is not None}


def plan_of(sampler, prompts, *, room, stops=(), seeds=None, limits=None, width=None):
    """The prompts, and the plan for them."""
    rows = len(prompts)
    seeds = range(rows) if seeds is None else seeds
    tensor = ops.convert_to_tensor
    plan = Plan(
        stop_token_ids=tensor(np.array([*stops, -1], "int32")),
        limits=tensor(np.array(limits or [room] * rows, "int32")),
        streams=tensor(np.array([[seed, 0] for seed in seeds], "int32")),
        parameters={
            name: tensor(np.array(value, "int32" if isinstance(value, int) else "float32"))
            for name, value in sampler.parameters().items()
        },
    )
    prompt = left_padded(prompts, width)
    slots = sampler.slots(prompt.token_ids.shape[1], room)
    return replaced(prompt, slots=slots, reach=prompt.reach + plan.limits), plan


def texts(results):
    """The generated tokens of each row."""
    begin = int(results["prompt"])
    rows = zip(results["token_ids"], results["count"], strict=True)
    return [row[begin : begin + count].tolist() for row, count in rows]
