"""How long loading a preset takes, and how much memory: each load in a process of its own."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

MODELS = {
    "bert-base": {"hidden_size": 768, "num_hidden_layers": 12, "intermediate_size": 3072},
    "1.3 GB": {"hidden_size": 1024, "num_hidden_layers": 24, "intermediate_size": 4096},
}
SHARDS = {"bert-base": "5GB", "1.3 GB": "360MB"}
# The size of a weight relative to the stored one, which is float32.
STORED = {"float32": 1, "bfloat16": 0.5}
MAKE = """
import transformers
settings = {settings!r}
model = transformers.BertModel(transformers.BertConfig(
    num_attention_heads=settings["hidden_size"] // 64, **settings))
model.save_pretrained({folder!r}, max_shard_size={shard!r})
"""
# Every weight is looked at once: a mapped file would otherwise not have been read yet. Without a
# copy: Keras' `numpy()` makes two.
KERAS_WEIGHTS = """
import keras, numpy
on_torch = keras.backend.backend() == "torch"
[(w.value if on_torch else numpy.asarray(w.value)).sum() for w in model.weights]
"""
TORCH_WEIGHTS = "[weight.sum() for weight in model.parameters()]"
# What was used before is not what loading uses: the peak is forgotten (Linux), and counted anew.
LOAD = """
import time
{imports}

def status(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name))

with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = status("VmRSS")
start = time.perf_counter()
model = {load}
{touch}
seconds = time.perf_counter() - start
print("RESULT", seconds, (status("VmHWM") - before) / 1000)
"""
CONTESTANTS = {
    "nlpkit": (
        "import keras, nlpkit.models",
        "nlpkit.models.BertBackbone.from_preset({folder!r}, dtype={dtype!r})",
        KERAS_WEIGHTS,
    ),
    "transformers": (
        "import torch, transformers; transformers.BertModel",
        "transformers.BertModel.from_pretrained({folder!r}, dtype={dtype!r})",
        TORCH_WEIGHTS,
    ),
    "KerasHub": (
        "import keras_hub",
        "keras_hub.models.BertBackbone.from_preset({folder!r}, dtype={dtype!r})",
        KERAS_WEIGHTS,
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `benchmark.py presets`."""
    parser.add_argument("--backends", nargs="+", default=["torch", "jax", "tensorflow"])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--libraries", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--dtype", choices=STORED, default="float32", help="the model's")
    parser.add_argument("--rounds", type=int, default=3)


def run(arguments: argparse.Namespace) -> None:
    """Print a row a model, backend and library: medians of loads that take turns."""
    print("\n| loading | library | seconds | / transformers | peak MB | peak / weights |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as temporary:
        for name in arguments.models:
            folder = str(Path(temporary) / name.replace(" ", "-"))
            make = MAKE.format(settings=MODELS[name], folder=folder, shard=SHARDS[name])
            _run_script(make, "torch")
            for backend in arguments.backends:
                _compare(name, folder, backend, arguments)


def _compare(name: str, folder: str, backend: str, arguments: argparse.Namespace) -> None:
    stored = sum(file.stat().st_size for file in Path(folder).glob("*.safetensors"))
    weights = stored / 1e6 * STORED[arguments.dtype]
    found: dict[str, list[list[float]]] = {library: [] for library in arguments.libraries}
    for _ in range(arguments.rounds):
        for library in arguments.libraries:
            imports, load, touch = CONTESTANTS[library]
            load = load.format(folder=folder, dtype=arguments.dtype)
            script = LOAD.format(imports=imports, load=load, touch=touch)
            found[library] += _result(_run_script(script, backend, check=False))
    medians = {
        library: [statistics.median(column) for column in zip(*rows, strict=True)]
        for library, rows in found.items()
        if rows
    }
    for library, (seconds, peak) in medians.items():
        reference = medians.get("transformers")
        ratio = f"{seconds / reference[0]:.2f}" if reference else "-"
        cells = [f"{name}, {backend}, {arguments.dtype}", library, f"{seconds:.3f}", ratio]
        print(
            "| " + " | ".join([*cells, f"{peak:.0f}", f"{peak / weights:.2f}"]) + " |", flush=True
        )


def _run_script(script: str, backend: str, check: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        check=False,
        capture_output=True,
        text=True,
    )
    if check and done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def _result(output: str) -> list[list[float]]:
    """The figures, if the library could load the folder."""
    lines = [line.split()[1:] for line in output.splitlines() if line.startswith("RESULT")]
    return [[float(value) for value in line] for line in lines]
