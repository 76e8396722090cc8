"""Run a sampler's loop with a toy decoder."""

import numpy as np
from keras import ops
from samplers.toy import jitted, left_padded

CACHES = {"cache", "draft_cache"}


def run(sampler, decoder, prompts, *, room, **options):
    """What the sampler returns for these prompts, as NumPy arrays."""
    prompt, plan = plan_of(sampler, prompts, room=room, **options)
    slots = sampler.slots(prompt["token_ids"].shape[1], room)
    state = jitted(lambda: sampler.start(decoder, prompt, plan, slots))()
    advance = jitted(lambda state: sampler.advance(decoder, state, plan))
    while not bool(ops.all(state["done"])):
        state = advance(state)
    results = sampler.results(state, plan)
    return {name: ops.convert_to_numpy(results[name]) for name in results.keys() - CACHES}


def plan_of(sampler, prompts, *, room, stops=(), seeds=None, limits=None, width=None):
    """The prompts, and the plan for them."""
    rows = len(prompts)
    seeds = range(rows) if seeds is None else seeds
    plan = {
        "stop_token_ids": np.array([*stops, -1], "int32"),
        "limits": np.array(limits or [room] * rows, "int32"),
        "streams": np.array([[seed, 0] for seed in seeds], "int32"),
    }
    for name, value in sampler.parameters().items():
        plan[name] = np.array(value, "int32" if isinstance(value, int) else "float32")
    return left_padded(prompts, width), {k: ops.convert_to_tensor(v) for k, v in plan.items()}


def texts(results):
    """The generated tokens of each row."""
    begin = int(results["prompt"])
    rows = zip(results["token_ids"], results["count"], strict=True)
    return [row[begin : begin + count].tolist() for row, count in rows]
