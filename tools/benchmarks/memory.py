"""Memory over time: whether what is done again and again levels off, on the bundled presets.

Each job runs in a process of its own: 300 `predict` of random texts and batches, 100 `generate` of
random prompts and lengths, 40 streams that are given up after a few pieces, 20 loads of a preset.
Resident memory (MiB) after each fifth of them, and how many programs were compiled so far (all of
JAX's, the loops of generation on TensorFlow); the last column is what the last two fifths added.
"""

import argparse
import gc
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FIFTHS = 5
JOBS = {"predict": 300, "generate": 100, "streams": 40, "loads": 20}
TEXT = "the king of a good dull film was not what they had come to see , and yet"
CLASSIFIER, GENERATOR = "bert_nano_en_uncased_sst2", "gpt2_nano_en_shakespeare"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `benchmark.py memory`."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--backends", nargs="+", default=["torch", "jax", "tensorflow"])
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--times", type=int, default=1, help="so many times as often")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> None:
    """Print a row a backend and job."""
    if arguments.here:
        print(_row(arguments.jobs[0], arguments.times), flush=True)
        return
    heads = ["backend", "job", *(f"{i}/{FIFTHS}" for i in range(1, FIFTHS + 1)), "programs", "late"]
    print("| " + " | ".join(heads) + " |\n|---|---|" + "---:|" * (FIFTHS + 2), flush=True)
    for backend in arguments.backends:
        for job in arguments.jobs:
            command = [sys.executable, sys.argv[0], "memory", "--here", "--jobs", job]
            command += ["--times", str(arguments.times)]
            environment = {**os.environ, "KERAS_BACKEND": backend}
            subprocess.run(command, env=environment, check=True)


def _row(job: str, times: int) -> str:
    import keras

    step, programs = _STEPS[job]()
    resident, counts = [], []
    for i in range(JOBS[job] * times):
        step(random.Random(i))
        if (i + 1) % (JOBS[job] * times // FIFTHS) == 0:
            gc.collect()
            resident.append(_resident())
            counts.append(programs())
    late = resident[-1] - resident[-3]
    shown = [keras.backend.backend(), job, *(f"{mib:.0f}" for mib in resident)]
    return "| " + " | ".join([*shown, " ".join(map(str, counts)), f"{late:+.1f}"]) + " |"


def _predict() -> tuple[Callable[[random.Random], Any], Callable[[], int]]:
    import nlpkit

    task = nlpkit.models.TextClassifier.from_preset(CLASSIFIER)

    def step(dice: random.Random) -> None:
        texts = [_text(dice, 60) for _ in range(dice.randint(1, 40))]
        task.predict(texts, batch_size=dice.choice([8, 16, 32]), verbose=0)

    return step, _count_programs()


def _generate() -> tuple[Callable[[random.Random], Any], Callable[[], int]]:
    import nlpkit

    model = nlpkit.models.CausalLM.from_preset(GENERATOR)

    def step(dice: random.Random) -> None:
        prompts = [_text(dice, 30) for _ in range(dice.randint(1, 4))]
        model.generate(prompts, max_new_tokens=dice.randint(1, 40), seed=dice.randint(0, 99))

    return step, _count_programs(model)


def _streams() -> tuple[Callable[[random.Random], Any], Callable[[], int]]:
    import nlpkit

    model = nlpkit.models.CausalLM.from_preset(GENERATOR)
    kept: list[Iterator[str]] = []

    def step(dice: random.Random) -> None:
        stream = model.generate(_text(dice, 30), max_new_tokens=60, stream=True, seed=1)
        for _ in range(dice.randint(1, 5)):
            next(stream)
        kept[:] = [stream]  # The one before is given up.

    return step, _count_programs(model)


def _loads() -> tuple[Callable[[random.Random], Any], Callable[[], int]]:
    import nlpkit

    def step(dice: random.Random) -> None:
        task = nlpkit.models.TextClassifier.from_preset(CLASSIFIER)
        task.predict([_text(dice, 20)], verbose=0)

    return step, _count_programs()


_STEPS = {"predict": _predict, "generate": _generate, "streams": _streams, "loads": _loads}


def _text(dice: random.Random, most: int) -> str:
    return " ".join(dice.choices(TEXT.split(), k=dice.randint(1, most)))


def _count_programs(model: Any = None) -> Callable[[], int]:
    """What says how many programs were compiled so far."""
    import keras

    if keras.backend.backend() != "jax":
        return lambda: 0 if model is None else int(model._execution.compilations)
    import jax

    compiled: list[str] = []

    def note(event: str, *_: Any, **__: Any) -> None:
        if event.endswith("backend_compile_duration"):
            compiled.append(event)

    jax.monitoring.register_event_duration_secs_listener(note)
    return lambda: len(compiled)


def _resident() -> float:
    """The memory of this process that is in use, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
