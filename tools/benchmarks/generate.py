"""Generation: tokens a second, time to the first token, compilations, share of the bandwidth.

Random weights, float32, greedy, no stop tokens, 64 new tokens. The contestants take turns in one
process; medians. "of the bound" is how much of the memory bandwidth that the same run measured is
used at batch 1, where each token must read all weights once, but for tables it looks up a row in,
and the keys and values of the tokens before it.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

NEW_TOKENS = 64
SHAPE = {"layers": 12, "width": 768, "heads": 12}
GPT2 = {**SHAPE, "inner": 3072, "words": 50257, "positions": 1024}
LLAMA = {**SHAPE, "groups": 4, "inner": 2048, "words": 32000, "positions": 2048}
LIBRARIES = ("nlpkit", "transformers", "KerasHub")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--backends", nargs="+", default=["torch", "jax", "tensorflow"])
    parser.add_argument("--models", nargs="+", default=["GPT-2", "Llama"])
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8])
    parser.add_argument("--prompts", nargs="+", type=int, default=[32, 512])
    parser.add_argument("--libraries", nargs="+", default=LIBRARIES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compilations", action="store_true", help="count them over 50 lengths")


def run(arguments: argparse.Namespace) -> None:
    if [os.environ.get("KERAS_BACKEND")] != arguments.backends:
        for backend in arguments.backends:
            command = [sys.executable, sys.argv[0], "generate", "--backends", backend]
            for name in ("models", "batches", "prompts", "libraries"):
                command += [f"--{name}", *map(str, getattr(arguments, name))]
            command += ["--rounds", str(arguments.rounds)]
            command += ["--compilations"] if arguments.compilations else []
            subprocess.run(command, env={**os.environ, "KERAS_BACKEND": backend}, check=True)
        return
    _one_backend(arguments)


def _one_backend(arguments: argparse.Namespace) -> None:
    import keras
    import torch

    torch.set_num_threads(os.cpu_count() or 1)
    print(f"\ngenerate on {keras.backend.backend()}\n")
    libraries = [name for name in LIBRARIES if name in arguments.libraries]
    heads = [f"{name} {what}" for name in libraries for what in ("tokens/s", "first ms")]
    heads += [f"tokens/s of {name} / transformers" for name in libraries if name != "transformers"]
    print("| | " + " | ".join([*heads, "GB/s", "nlpkit of the bound"]) + " |")
    print("|---|" + "---:|" * (len(heads) + 1), flush=True)
    for name in arguments.models:
        models = {library: _MAKERS[library, name]() for library in libraries}
        for batch in arguments.batches:
            for prompt in arguments.prompts:
                figures, bandwidth = _measure(models, batch, prompt, arguments.rounds)
                row = _row(figures, bandwidth, batch, _bytes_read(name, prompt))
                print(f"| {name}, batch {batch}, prompt {prompt} | {row} |", flush=True)
        if arguments.compilations and "nlpkit" in models:
            print(f"\n{name}: {_compilations()} compilations over 50 prompts of 10 to 500 tokens\n")


def _measure(
    models: dict[str, Any], batch: int, prompt: int, rounds: int
) -> tuple[dict[str, tuple[float, float]], float]:
    """Each library's seconds to the first token, and for a token after it; and the bandwidth."""
    import numpy as np

    ids = np.random.default_rng(0).integers(1, 30000, (batch, prompt)).astype("int32")
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in models}
    bandwidths = []
    for i in range(rounds + 1):
        bandwidths.append(_bandwidth())
        for name, generate in models.items():
            first, whole = _timed(generate, ids, 1), _timed(generate, ids, NEW_TOKENS)
            if i:
                times[name].append((first, (whole - first) / (NEW_TOKENS - 1)))
    medians = statistics.median
    figures = {n: (medians(x[0] for x in t), medians(x[1] for x in t)) for n, t in times.items()}
    return figures, medians(bandwidths)


def _timed(generate: Callable[[Any, int], Any], ids: Any, new: int) -> float:
    start = time.perf_counter()
    generate(ids, new)
    return time.perf_counter() - start


def _row(figures: dict[str, tuple[float, float]], bandwidth: float, batch: int, read: float) -> str:
    cells = []
    for first, each in figures.values():
        cells += [f"{batch / each:.1f}", f"{1000 * first:.0f}"]
    if "transformers" in figures:
        theirs = figures["transformers"][1]
        cells += [f"{theirs / x[1]:.2f}" for n, x in figures.items() if n != "transformers"]
    bound = f"{read / bandwidth / figures['nlpkit'][1]:.0%}" if "nlpkit" in figures else "-"
    return " | ".join([*cells, f"{bandwidth / 1e9:.1f}", bound if batch == 1 else "-"])


def _bandwidth() -> float:
    """Bytes a second that a sum over 1 GB reads."""
    import torch

    values = torch.ones(250_000_000)
    return 1e9 / statistics.median(_timed(lambda *_: values.sum(), None, 0) for _ in range(5))


def _bytes_read(name: str, prompt: int) -> float:
    """Bytes that a token must read, on average."""
    s = GPT2 if name == "GPT-2" else LLAMA
    width, inner, groups = s["width"], s["inner"], s.get("groups", s["heads"])
    if name == "GPT-2":
        layer = 4 * width * width + 2 * width * inner
    else:
        layer = 2 * width * width + 2 * width * width * groups // s["heads"]
        layer += 3 * width * inner
    cache = 2 * (width * groups // s["heads"]) * (prompt + NEW_TOKENS // 2)
    return 4.0 * (s["layers"] * (layer + cache) + s["words"] * width)


def _compilations() -> int:
    import numpy as np

    model = _nlpkit_model("GPT-2")
    for length in np.random.default_rng(1).integers(10, 501, 50):
        model.generate([[1] * int(length)], max_new_tokens=NEW_TOKENS, stop_token_ids=None)
    return int(model._execution.compilations)


def _nlpkit_model(name: str) -> Any:
    import nlpkit

    if name == "GPT-2":
        backbone = nlpkit.models.GPT2Backbone(
            vocabulary_size=GPT2["words"],
            num_layers=GPT2["layers"],
            num_heads=GPT2["heads"],
            hidden_dim=GPT2["width"],
            intermediate_dim=GPT2["inner"],
            max_sequence_length=GPT2["positions"],
        )
        model = nlpkit.models.GPT2CausalLM(backbone)
    else:
        backbone = nlpkit.models.LlamaBackbone(**_llama_arguments())
        model = nlpkit.models.LlamaCausalLM(backbone)
    model.compile(sampler="greedy")
    return model


def _llama_arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": LLAMA["words"],
        "num_layers": LLAMA["layers"],
        "num_query_heads": LLAMA["heads"],
        "num_key_value_heads": LLAMA["groups"],
        "hidden_dim": LLAMA["width"],
        "intermediate_dim": LLAMA["inner"],
    }


def _nlpkit(name: str) -> Callable[[Any, int], Any]:
    model = _nlpkit_model(name)
    return lambda ids, new: model.generate(ids.tolist(), max_new_tokens=new, stop_token_ids=None)


def _keras_hub(name: str) -> Callable[[Any, int], Any]:
    import keras_hub
    import numpy as np

    if name == "GPT-2":
        backbone = keras_hub.models.GPT2Backbone(
            vocabulary_size=GPT2["words"],
            num_layers=GPT2["layers"],
            num_heads=GPT2["heads"],
            hidden_dim=GPT2["width"],
            intermediate_dim=GPT2["inner"],
            max_sequence_length=GPT2["positions"],
        )
        model = keras_hub.models.GPT2CausalLM(backbone, preprocessor=None)
    else:
        backbone = keras_hub.models.LlamaBackbone(**_llama_arguments())
        model = keras_hub.models.LlamaCausalLM(backbone, preprocessor=None)
    model.compile(sampler="greedy")

    def generate(ids: Any, new: int) -> Any:
        room = ((0, 0), (0, new))
        inputs = {
            "token_ids": np.pad(ids, room),
            "padding_mask": np.pad(np.ones_like(ids), room),
        }
        return model.generate(inputs, stop_token_ids=None)

    return generate


def _transformers(name: str) -> Callable[[Any, int], Any]:
    import torch
    import transformers

    if name == "GPT-2":
        model = transformers.GPT2LMHeadModel(transformers.GPT2Config())
    else:
        model = transformers.LlamaForCausalLM(
            transformers.LlamaConfig(
                vocab_size=LLAMA["words"],
                hidden_size=LLAMA["width"],
                intermediate_size=LLAMA["inner"],
                num_hidden_layers=LLAMA["layers"],
                num_attention_heads=LLAMA["heads"],
                num_key_value_heads=LLAMA["groups"],
            )
        )
    model.eval()

    def generate(ids: Any, new: int) -> Any:
        tensor = torch.tensor(ids).long()
        with torch.inference_mode():
            return model.generate(
                tensor,
                attention_mask=torch.ones_like(tensor),
                max_new_tokens=new,
                min_new_tokens=new,
                do_sample=False,
                pad_token_id=0,
            ).numpy()

    return generate


_MAKERS = {
    (library, name): (lambda make=make, name=name: make(name))
    for library, make in (
        ("nlpkit", _nlpkit),
        ("transformers", _transformers),
        ("KerasHub", _keras_hub),
    )
    for name in ("GPT-2", "Llama")
}
