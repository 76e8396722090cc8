"""Find people and places in texts: train a token classifier, and see what it finds.

Runs on any backend: KERAS_BACKEND=jax python examples/token_classification.py

By default on sentences that it makes up. Your own data: `--data FILE.jsonl`, with a `text` and its
`spans` ([start, end, label]) in each line, or with `tokens` and a label for each, `labels`.
"""

import argparse
import json
import random
from pathlib import Path

import keras

import nlpkit

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--preset", default="bert_nano_en_uncased_sst2", help="any encoder or decoder")
parser.add_argument("--data", type=Path, help="a .jsonl file, see above")
parser.add_argument("--scheme", choices=["BIO", "BIOES"], default="BIO", help="of the tags")
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--sequence-length", type=int, default=64, help="tokens of a window")
parser.add_argument("--learning-rate", type=float, default=1e-3, help="large models: 2e-5")
parser.add_argument("--quick", action="store_true", help="a few sentences, one epoch")
arguments = parser.parse_args()
if arguments.quick:
    arguments.epochs, arguments.sequence_length = 1, 24

PEOPLE = ["Ann Smith", "Bob", "Carla Jones", "David", "Emma Brown", "Frank", "Grace Lee", "Henry"]
PLACES = ["Paris", "New York", "Rome", "London", "Berlin", "Los Angeles", "San Francisco"]
SENTENCES = [
    "{PER} lives in {LOC}.",
    "In {LOC}, {PER} saw a film by {PER}.",
    "The story of {PER} is a great one.",
    "It was made in {LOC} and {LOC}.",
    "{PER} and {PER} left for {LOC} yesterday!",
    "This film is far too long.",
]


def made_up(count, seed):
    """Texts with the names of people and places in them, and where these are."""
    rng = random.Random(seed)
    texts, spans = [], []
    for _ in range(count):
        text, found = "", []
        for part in rng.choice(SENTENCES).replace("{", "|{").replace("}", "}|").split("|"):
            name = {"{PER}": PEOPLE, "{LOC}": PLACES}.get(part)
            start, text = len(text), text + (rng.choice(name) if name else part)
            found += [(start, len(text), part.strip("{}"))] if name else []
        texts.append(text)
        spans.append(found)
    return texts, spans


def read(path):
    """Texts with spans, or lists of words with labels, and whether it is words."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    words = "tokens" in rows[0]
    x, y = ("tokens", "labels") if words else ("text", "spans")
    return [row[x] for row in rows], [row[y] for row in rows], words


if arguments.data:
    x, y, words = read(arguments.data)
else:
    (x, y), words = made_up(40 if arguments.quick else 400, seed=0), False
held = max(1, len(x) // 5)
if words:
    labels = sorted({label for row in y for label in row} | {"O"}, key=lambda label: label != "O")
else:
    types = sorted({label for row in y for *_, label in row})
    labels = nlpkit.models.TokenClassifier.tags(types, arguments.scheme)
print(f"{len(x) - held} examples to train on, {held} held out; labels: {', '.join(labels)}.")

model = nlpkit.models.TokenClassifier.from_preset(
    arguments.preset, labels=labels, sequence_length=arguments.sequence_length
)
model.compile(
    optimizer=keras.optimizers.Adam(arguments.learning_rate),
    weighted_metrics=[nlpkit.metrics.SpanF1(labels)],
)
model.fit(
    x[:-held],
    y[:-held],
    words=words,
    batch_size=arguments.batch_size,
    epochs=arguments.epochs,
    verbose=2,
)
scores = model.evaluate(x[-held:], y[-held:], words=words, verbose=0, return_dict=True)
print(f"F1 score {scores['span_f1']:.3f} on the examples held out")

text = "Yesterday Ann Smith and Henry saw it in San Francisco. Bob stayed in Rome."
print(f"\n{text}")
for entity in model.predict([text], verbose=0)[0]:
    print(f"  {entity.label} {entity.start}-{entity.end} {entity.score:.2f} {entity.text!r}")

model.save_to_preset("my_token_classifier")
print("Saved: nlpkit.models.TokenClassifier.from_preset('my_token_classifier')")
