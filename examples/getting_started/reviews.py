"""The data of the examples: movie reviews, labelled 1 (positive) or 0 (negative)."""

import argparse
import gzip
import json
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Reviews(NamedTuple):
    """Texts and their labels."""

    texts: list[str]
    labels: np.ndarray

    def take(self, size: int | None) -> "Reviews":
        """A random part of this size (always the same), or all."""
        order = np.random.default_rng(0).permutation(len(self.texts))[:size]
        return Reviews([self.texts[i] for i in order], self.labels[order])


def parse_arguments(about: str, **defaults: int) -> argparse.Namespace:
    """Read the command line; load the data as `train` and `test`, shuffled.

    Args:
        about: str. What the example does.
        **defaults: of further integer options, such as `epochs=3`.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--data", help="aclImdb folder, folder of train/test.jsonl(.gz), or a file")
    parser.add_argument("--train-size", type=int, help="train on a random part of this size")
    parser.add_argument("--sequence-length", type=int, help="default: 64, with --data 512")
    parser.add_argument("--quick", action="store_true", help="a few short reviews, one epoch")
    for name, default in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    arguments = parser.parse_args()
    test_size = None
    if arguments.quick:
        arguments.train_size, test_size, arguments.sequence_length = 64, 32, 24
        arguments.epochs = 1
    train, test = load_reviews(arguments.data)
    arguments.train, arguments.test = train.take(arguments.train_size), test.take(test_size)
    arguments.sequence_length = arguments.sequence_length or (512 if arguments.data else 64)
    print(
        f"{len(arguments.train.texts)} reviews to train on, {len(arguments.test.texts)} to test on."
    )
    return arguments


def load_reviews(source: str | None = None) -> tuple[Reviews, Reviews]:
    """Load training and test reviews.

    Args:
        source: str. A folder in the layout of aclImdb (`train/pos/*.txt`, …), a folder with
            train.jsonl(.gz) and test.jsonl(.gz), or one jsonl(.gz) file with the keys `text`,
            `label` and perhaps `split`, else every fifth line is for testing. None for the 560
            reviews that ship with nlpkit.
    """
    path = Path(source) if source else Path(str(files("nlpkit"))) / "presets/bundled/reviews.jsonl"
    if path.is_file():
        lines = _read_lines(path)
        split = [line.get("split", "train" if i % 5 else "test") for i, line in enumerate(lines)]
        parts = [
            [line for line, of in zip(lines, split, strict=True) if of == part]
            for part in ("train", "test")
        ]
    else:
        parts = [_read_part(path, part) for part in ("train", "test")]
    train, test = (
        Reviews([line["text"] for line in part], np.array([line["label"] for line in part]))
        for part in parts
    )
    return train, test


def report(name: str, accuracy: float, test: Reviews) -> None:
    """Print an accuracy beside that of always guessing the more frequent class."""
    positive = float(np.mean(test.labels))
    majority = max(positive, 1 - positive)
    print(f"{name}: accuracy {accuracy:.3f} on the test reviews (majority class {majority:.3f})")


def _read_part(folder: Path, part: str) -> list[dict]:
    for name in (f"{part}.jsonl.gz", f"{part}.jsonl"):
        if (folder / name).is_file():
            return _read_lines(folder / name)
    texts = [
        {"text": file.read_text("utf-8"), "label": label}
        for label, name in enumerate(("neg", "pos"))
        for file in sorted((folder / part / name).glob("*.txt"))
    ]
    if not texts:
        raise SystemExit(f"{folder} has no {part}.jsonl(.gz) and no {part}/pos, {part}/neg.")
    return texts


def _read_lines(path: Path) -> list[dict]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    # Not splitlines: it also splits at separators within a text.
    return [json.loads(line) for line in text.split("\n") if line]
