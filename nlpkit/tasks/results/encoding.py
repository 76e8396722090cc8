"""Running a model over many texts of different lengths, with little padding and few programs."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from nlpkit._progress import ProgressBar
from nlpkit.ops import backend
from nlpkit.ops.sizes import power_of_two

Features = dict[str, np.ndarray]
# Batches whose texts are tokenized at once, and sorted by their number of tokens.
_BATCHES_AT_ONCE = 64


def run_by_length(
    run: Callable[[Features], Any],
    preprocess: Callable[[list[str]], Features],
    texts: Sequence[str],
    *,
    lengths: Sequence[int],
    batch_size: int,
    verbose: int | str,
) -> list[np.ndarray]:
    """Run over texts, the longest first, so that rows of a batch are about as long.

    Batches have one of few shapes where each shape costs a compilation: their length is rounded up,
    and the last is filled with copies of its first row.

    Args:
        run: from features `[batch_size, length]` to an array with a row for each.
        preprocess: from texts to features, padded on either side.
        texts: what `preprocess` takes.
        lengths: of the texts, in characters.
        batch_size: int.
        verbose: int or str. 0 shows no progress.

    Returns:
        A row for each text, in their order.
    """
    results: list[Any] = [None] * len(texts)
    done, progress = 0, ProgressBar(len(texts), "text", verbose)
    order = np.argsort([-length for length in lengths], kind="stable")
    for start in range(0, len(order), _BATCHES_AT_ONCE * batch_size):
        chosen = order[start : start + _BATCHES_AT_ONCE * batch_size]
        features = preprocess([texts[i] for i in chosen])
        for rows in _batches(features["padding_mask"].sum(axis=1), batch_size):
            outputs = run(_cut(features, rows, batch_size))
            for i, output in zip(chosen[rows], outputs, strict=False):
                results[i] = output
            done += len(rows)
            progress.update(done)
    progress.finish(done)
    return results


def _batches(counts: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    order = np.argsort(-counts, kind="stable")
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def _cut(features: Features, rows: np.ndarray, batch_size: int) -> Features:
    """The features of some rows, without padding that all have."""
    if not backend.EAGER:
        count = min(power_of_two(len(rows)), batch_size)
        rows = np.concatenate([rows, np.repeat(rows[:1], count - len(rows))])
    return trimmed({name: x[rows] for name, x in features.items()})


def trimmed(features: Features) -> Features:
    """Features `[…, length]` without padding that all rows have, but of one of few lengths."""
    mask = features["padding_mask"]
    longest = mask.shape[-1]
    used = np.flatnonzero(mask.reshape(-1, longest).any(axis=0))
    first, end = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
    if not backend.EAGER:
        missing = min(_bucket(end - first), longest) - (end - first)
        # Padding stays on its side.
        first, end = (first, end + missing) if first == 0 else (first - missing, end)
    return {name: x[..., first:end] for name, x in features.items()}


def _bucket(length: int) -> int:
    """Round up a length to one of few: at most half as much again, 8 at least."""
    step = max(8, power_of_two(length) // 4)
    return -(-length // step) * step
