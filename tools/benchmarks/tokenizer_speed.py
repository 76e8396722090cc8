"""Tokenizers: Python, tf.data, training, start; beside tokenizers, tiktoken and sentencepiece."""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks import tokenizer_start, tokenizer_training
from benchmarks.measurement import Run
from benchmarks.tokenizer_pairs import Pair, Tokenize, pairs
from benchmarks.tokenizer_texts import CORPORA, take

PARTS = ("python", "tf.data", "training", "start")
DEFAULT = ("bert", "gpt2", "t5", "llama2")
BATCH_SIZES = (64, 8000)
COLUMNS = ("nlpkit warm", "nlpkit cold")
HELP = """\
MB/s are millions of UTF-8 bytes a second: the median of the rounds, in which all take turns;
warm and cold / engine are medians of each round's ratio: above 1, nlpkit is faster.
warm: the tokenizer has seen these texts before; cold: it is new, and sees them for the first time.
The reference's time includes reading `.ids`. Ids are compared before anything is timed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the suite can be asked."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = HELP
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--vocabularies", nargs="+", default=DEFAULT, help="default: %(default)s")
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=list(CORPORA))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--megabytes", type=float, default=4, help="of text; default 4")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--with-tensorflow-text", action="store_true", help="training: minutes more"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print a table a part."""
    os.environ["TOKENIZERS_PARALLELISM"] = "true"
    print(f"\n{HELP}\n")
    if {"python", "tf.data"} & set(arguments.parts):
        _texts_to_ids(arguments)
    if "training" in arguments.parts:
        tokenizer_training.run(arguments)
    if "start" in arguments.parts:
        tokenizer_start.run(arguments)


def _texts_to_ids(arguments: argparse.Namespace) -> None:
    known = pairs(arguments.data / "vocab")
    ways = [w for part in ("python", "tf.data") if part in arguments.parts for w in _WAYS[part]]
    libraries = ["engine", "tiktoken", *COLUMNS, "pure graph"]
    ratios = [f"{name} / engine" for name in ("warm", "cold")]
    print(_row("", [*(f"{name} MB/s" for name in libraries), *ratios]))
    print(_row("---", ["---:"] * (len(libraries) + len(ratios))), flush=True)
    for corpus in arguments.corpora:
        texts = take(CORPORA[corpus](arguments.data), 1e6 * arguments.megabytes)
        for name in arguments.vocabularies:
            pair = known[name]
            engines = {library: make() for library, make in pair.available().items()}
            _verify(pair, engines, texts)
            for title, contestants in ways:
                times = _take_turns(contestants(pair, engines, texts), arguments.rounds)
                size = sum(len(text.encode()) for text in texts)
                label = f"{pair.algorithm} ({name}, {next(iter(engines))}), {corpus}, {title}"
                print(_speed_row(label, times, size, libraries), flush=True)


def _verify(pair: Pair, engines: dict[str, Tokenize], texts: list[str]) -> None:
    found = pair.build()(texts)
    for library, engine in engines.items():
        differing = [t for t, x, y in zip(texts, found, engine(texts), strict=True) if x != y]
        if differing:
            print(f"{library}: other ids for {len(differing)} of {len(texts)} texts", flush=True)


def _take_turns(contestants: dict[str, Callable[[], Run]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each in each round. What a contestant prepares for a round is not timed."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, prepare in contestants.items():
            run = prepare()
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return times


def _in_python(batch_size: int) -> Callable[..., dict[str, Callable[[], Run]]]:
    def contestants(
        pair: Pair, engines: dict[str, Tokenize], texts: list[str]
    ) -> dict[str, Callable[[], Run]]:
        warm = pair.build()
        warm(texts)
        named = dict(zip(("engine", "tiktoken"), engines.values(), strict=False))
        fixed = {**named, "nlpkit warm": warm}
        runs = {name: lambda f=f: _batched(f, texts, batch_size) for name, f in fixed.items()}
        return runs | {"nlpkit cold": lambda: _batched(pair.build(), texts, batch_size)}

    return contestants


def _batched(tokenize: Callable[[list[str]], Any], texts: list[str], size: int) -> Run:
    batches = [texts[i : i + size] for i in range(0, len(texts), size)]
    return lambda: [tokenize(batch) for batch in batches]


def _in_tf_data(
    pair: Pair, engines: dict[str, Tokenize], texts: list[str]
) -> dict[str, Callable[[], Run]]:
    import tensorflow as tf

    def mapped(tokenizer: Any) -> Run:
        batches = tf.data.Dataset.from_tensor_slices(texts).batch(64)
        dataset = batches.map(tokenizer, num_parallel_calls=tf.data.AUTOTUNE)
        return lambda: [ids.flat_values for ids in dataset]

    warm = pair.build()
    warm(texts)
    warm_run, graph_run = mapped(warm), mapped(pair.build(pure_graph=True))
    engine = next(iter(engines.values()))
    return {
        "engine": lambda: _batched(engine, texts, 64),
        "nlpkit warm": lambda: warm_run,
        "nlpkit cold": lambda: mapped(pair.build()),
        "pure graph": lambda: graph_run,
    }


_WAYS: dict[str, list[tuple[str, Callable[..., dict[str, Callable[[], Run]]]]]] = {
    "python": [(f"batches of {size}", _in_python(size)) for size in BATCH_SIZES],
    "tf.data": [("tf.data, batches of 64", _in_tf_data)],
}


def _speed_row(
    label: str, times: dict[str, list[float]], size: int, libraries: Iterable[str]
) -> str:
    speeds = {name: size / statistics.median(times[name]) / 1e6 for name in times}
    cells = [f"{speeds[name]:.2f}" if name in speeds else "-" for name in libraries]
    # Of a round, not of medians: what else the machine does then slows both.
    ratios = [
        statistics.median(e / t for e, t in zip(times["engine"], times[name], strict=True))
        for name in COLUMNS
    ]
    return _row(label, [*cells, *(f"{ratio:.2f}" for ratio in ratios)])


def _row(name: str, cells: Iterable[str]) -> str:
    return "| " + " | ".join([name, *cells]) + " |"
