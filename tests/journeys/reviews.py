"""A few of the reviews that ship with nlpkit, in the forms that people have data in."""

import json
from importlib.resources import files

_LINES = (files("nlpkit") / "presets/bundled/reviews.jsonl").read_text("utf-8").splitlines()
REVIEWS = [json.loads(line) for line in _LINES]


def take(size, start=0):
    """Texts and labels, half of them positive."""
    chosen = [
        [review for review in REVIEWS if review["label"] == label][start : start + size // 2]
        for label in (0, 1)
    ]
    rows = [review for pair in zip(*chosen, strict=True) for review in pair]
    return [row["text"] for row in rows], [row["label"] for row in rows]


def write_folders(folder, train, test):
    """The layout of aclImdb: a file a review, in `train/pos`, `train/neg` and so on."""
    for part, size, start in (("train", train, 0), ("test", test, train)):
        for i, (text, label) in enumerate(zip(*take(size, start), strict=True)):
            path = folder / part / ("neg", "pos")[label] / f"{i}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return folder
