"""Do the ids differ? Every vocabulary beside its native engine, and Python beside tf.data."""

import argparse
import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.tokenizer_pairs import Pair, Tokenize, pairs
from benchmarks.tokenizer_texts import invalid, mixed

BATCH_SIZE = 256
LONG_LINES = {"letters": "ab", "words of a language": "donaudampfschifffahrt", "one letter": "a"}
MEGABYTES = (1, 3, 10)
SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the suite can be asked."""
    parser.add_argument("--vocabularies", nargs="+", help="default: all of the folder")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--strings", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--skip", nargs="+", choices=("tf.data", "graph", "long"), default=())


def run(arguments: argparse.Namespace) -> None:
    """Print a row a vocabulary: strings checked, and how many differ in each comparison."""
    texts = mixed(arguments.data, arguments.strings, arguments.seed)
    rng = random.Random(arguments.seed)
    wrong = [invalid(rng) for _ in range(arguments.strings // 10)]
    known = pairs(arguments.data / "vocab")
    for name in arguments.vocabularies or known:
        try:
            _check(name, known[name], texts, wrong, arguments.skip)
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}", flush=True)


def _check(
    name: str, pair: Pair, texts: list[str], wrong: list[bytes], skip: Iterable[str]
) -> None:
    tokenizer = pair.build(errors="replace")
    replaced = [value.decode("utf-8", "replace") for value in wrong]
    rows = _batches(tokenizer, texts)
    results = {"a memo that knows them": _differing(texts, rows, _batches(tokenizer, texts))}
    for library, make in pair.available().items():
        engine = make()
        results[library] = _differing(texts, rows, engine(texts))
        results[f"{library}, wrong bytes"] = _differing(wrong, tokenizer(wrong), engine(replaced))
    if "tf.data" not in skip:
        results["tf.data"] = _differing(texts, rows, _in_tf_data(tokenizer, texts))
        results["tf.data, wrong bytes"] = _differing(
            wrong, tokenizer(wrong), _in_tf_data(tokenizer, wrong)
        )
    if "graph" not in skip:
        graph = pair.build(pure_graph=True, errors="replace")
        results["pure graph"] = _differing(texts, rows, _in_tf_data(graph, texts))
    for against, differing in results.items():
        print(f"{name}: {len(differing)} differ from {against}", flush=True)
        for text, ours, theirs in sorted(differing, key=lambda case: len(case[0]))[:SHOWN]:
            print(f"    {text!r:.200}\n        {_around(ours, theirs)}", flush=True)
    if "long" not in skip:
        _long_lines(name, pair)


def _batches(tokenize: Tokenize, texts: list[str]) -> list[list[int]]:
    found: list[list[int]] = []
    for i in range(0, len(texts), BATCH_SIZE):
        found += tokenize(texts[i : i + BATCH_SIZE])
    return found


def _in_tf_data(tokenizer: Any, texts: list[Any]) -> list[list[int]]:
    import tensorflow as tf

    batches = tf.data.Dataset.from_tensor_slices(texts).batch(BATCH_SIZE)
    rows = batches.map(tokenizer, num_parallel_calls=tf.data.AUTOTUNE)
    return [row for batch in rows for row in batch.to_list()]


def _differing(texts: list[Any], ours: list[list[int]], theirs: list[list[int]]) -> list[Any]:
    rows = zip(texts, ours, theirs, strict=True)
    return [(text, mine, other) for text, mine, other in rows if list(mine) != list(other)]


def _around(ours: list[int], theirs: list[int]) -> str:
    """The ids from where they part."""
    i = next((i for i, (x, y) in enumerate(zip(ours, theirs, strict=False)) if x != y), 0)
    return f"from id {i}: {list(ours)[i : i + 8]}, there {list(theirs)[i : i + 8]}"


def _long_lines(name: str, pair: Pair) -> None:
    """Print seconds for a line without spaces of 1, 3 and 10 MB; they should grow as it does."""
    tokenizer = pair.build()
    engine = next(iter(pair.available().values()), lambda: None)()
    for title, part in LONG_LINES.items():
        lines = [part * int(1e6 * size / len(part)) for size in MEGABYTES]
        timed = [_timed(tokenizer, line) for line in lines]
        same = _same_as(engine, lines[-1], timed[-1][1])
        seconds = ", ".join(
            f"{s:.2f} s for {n} MB" for n, (s, _) in zip(MEGABYTES, timed, strict=True)
        )
        print(f"{name}: a line of {title}: {seconds}; {same}", flush=True)


def _timed(tokenize: Callable[[Any], Any], line: str) -> tuple[float, list[int]]:
    start = time.perf_counter()
    ids = tokenize(line)
    return time.perf_counter() - start, ids


def _same_as(engine: Tokenize | None, line: str, ids: list[int]) -> str:
    if engine is None:
        return "no engine to compare with"
    seconds, [expected] = _timed(engine, [line])
    return f"the engine took {seconds:.2f} s, {'the same' if expected == ids else 'OTHER'} ids"
