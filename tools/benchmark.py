#!/usr/bin/env python
"""Time nlpkit beside transformers (PyTorch) and KerasHub (same backend, where it is installed).

    python tools/benchmark.py bert --backend jax
    python tools/benchmark.py bert --backend all
    python tools/benchmark.py translate --backend all
    python tools/benchmark.py encode --backend all
    python tools/benchmark.py tokenizers [--parts python tf.data training start]
    python tools/benchmark.py tokenizer-ids [--vocabularies bert gpt2 t5]
    python tools/benchmark.py presets [--backends torch jax tensorflow]
    python tools/benchmark.py generate [--backends torch jax tensorflow] [--models GPT-2 Llama]
    python tools/benchmark.py memory [--backends torch jax tensorflow] [--jobs predict streams]

The suites about tokenizers, presets, generation and memory say with --help what they compare. In
the others, about BERT, T5 and MiniLM, the contestants of a measurement run in one process, in turn
(A B C A B C ...), with the same shapes, dropout, optimizer and number of threads, each compiled as
its users get it by default: Keras models by `predict_on_batch`, `train_on_batch`, `generate` and
`encode`, transformers eagerly (`encode` by sentence-transformers, whose models are its). Medians
are printed, and how long each takes relative to transformers.
"""

import argparse
import importlib.metadata
import importlib.util
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping

from benchmarks import (
    bert,
    encode,
    generate,
    memory,
    presets,
    tokenizer_ids,
    tokenizer_speed,
    translate,
)
from benchmarks.measurement import Measurement

BACKENDS = ("torch", "jax", "tensorflow")
REFERENCE = "transformers"
PACKAGES = {"nlpkit": "nlpkit", "transformers": "transformers", "KerasHub": "keras_hub"}
SUITES = {
    "bert": bert.measurements,
    "encode": encode.measurements,
    "translate": translate.measurements,
}
OWN_TABLES = {
    "generate": generate,
    "memory": memory,
    "tokenizers": tokenizer_speed,
    "tokenizer-ids": tokenizer_ids,
    "presets": presets,
}
THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    suites = parser.add_subparsers(dest="suite", required=True)
    for name in SUITES:
        suite = suites.add_parser(name)
        suite.add_argument("--backend", choices=[*BACKENDS, "all"], help="default: KERAS_BACKEND")
        suite.add_argument("--rounds", type=int, help="instead of each measurement's own number")
        suite.set_defaults(run=_run)
    for name, module in OWN_TABLES.items():
        suite = suites.add_parser(name)
        module.add_arguments(suite)
        suite.set_defaults(run=module.run)
    arguments = parser.parse_args()
    arguments.run(arguments)


def _run(arguments: argparse.Namespace) -> None:
    """Print a table of the measurements of a suite, a backend each."""
    wanted = BACKENDS if arguments.backend == "all" else (arguments.backend,)
    if arguments.backend and wanted != (os.environ.get("KERAS_BACKEND"),):
        for backend in wanted:
            _rerun(backend, arguments)
        return
    _limit_threads()
    print(_headline(arguments.suite), flush=True)
    print(
        _row("", [*PACKAGES, *(f"{name} / {REFERENCE}" for name in PACKAGES if name != REFERENCE)])
    )
    print(_row("---", ["---:"] * (2 * len(PACKAGES) - 1)), flush=True)
    for measurement in SUITES[arguments.suite]():
        medians = _measure(measurement, arguments.rounds or measurement.rounds)
        print(_result(measurement.name, medians), flush=True)


def _rerun(backend: str, arguments: argparse.Namespace) -> None:
    command = [sys.executable, __file__, arguments.suite, "--backend", backend]
    command += ["--rounds", str(arguments.rounds)] if arguments.rounds else []
    subprocess.run(command, env={**os.environ, "KERAS_BACKEND": backend}, check=True)


def _measure(measurement: Measurement, rounds: int) -> dict[str, float]:
    """The median time of each contestant in seconds; they take turns."""
    runs = {name: make() for name, make in measurement.contestants.items() if _installed(name)}
    times: dict[str, list[float]] = {name: [] for name in runs}
    for i in range(measurement.warm_up + rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if i >= measurement.warm_up:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def _installed(library: str) -> bool:
    return importlib.util.find_spec(PACKAGES[library]) is not None


def _limit_threads() -> None:
    """As many threads for PyTorch as the other backends take by themselves: one a core."""
    import torch

    torch.set_num_threads(THREADS)


def _headline(suite: str) -> str:
    import keras

    backend = keras.backend.backend()
    packages = ["keras", backend, "torch", "transformers", "keras-hub"]
    versions = [f"{p} {v}" for p in dict.fromkeys(packages) if (v := _version(p))]
    return f"\n{suite} on {backend}, {THREADS} threads; {', '.join(versions)}\n"


def _version(package: str) -> str | None:
    for name in (package, f"{package}-cpu"):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def _result(name: str, medians: Mapping[str, float]) -> str:
    times = [f"{1000 * medians[n]:.1f} ms" if n in medians else "-" for n in PACKAGES]
    ratios = [
        f"{medians[n] / medians[REFERENCE]:.2f}" if n in medians else "-"
        for n in PACKAGES
        if n != REFERENCE
    ]
    return _row(name, [*times, *ratios])


def _row(name: str, cells: list[str]) -> str:
    return "| " + " | ".join([name, *cells]) + " |"


if __name__ == "__main__":
    main()
