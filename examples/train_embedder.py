"""Train an embedder on pairs of texts, and see how well it finds each one's partner.

Runs on any backend: KERAS_BACKEND=jax python examples/train_embedder.py --data my_pairs.jsonl
"""

import argparse
import json
from importlib.resources import files
from pathlib import Path

import keras
import numpy as np

import nlpkit

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--preset", default="bert_nano_en_uncased_sst2", help="of any backbone")
parser.add_argument(
    "--data",
    type=Path,
    help=".jsonl with `anchor` and `positive`; default: the halves of reviews of films",
)
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--batch-size", type=int, default=32, help="the larger, the harder")
parser.add_argument("--sequence-length", type=int, default=64, help="the most tokens of a text")
parser.add_argument("--learning-rate", type=float, default=5e-4, help="large models: 2e-5")
parser.add_argument("--dims", type=int, nargs="*", help="sizes to which embeddings may be cut")
parser.add_argument("--quick", action="store_true", help="a few short texts, one epoch")
arguments = parser.parse_args()


def halves(text):
    words = text.split()
    return " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])


source = arguments.data or Path(str(files("nlpkit"))) / "presets/bundled/reviews.jsonl"
rows = [json.loads(line) for line in source.read_text("utf-8").splitlines()]
if arguments.data:
    pairs = [(row["anchor"], row["positive"]) for row in rows]
else:
    pairs = [halves(row["text"]) for row in rows]
if arguments.quick:
    pairs, arguments.epochs = [(a[:50], b[:50]) for a, b in pairs[:60]], 1
train = [pair for i, pair in enumerate(pairs) if i % 5]
held_out = pairs[::5]
print(f"{len(train)} pairs to train on, {len(held_out)} held out.")

embedder = nlpkit.models.TextEmbedder.from_preset(
    arguments.preset, sequence_length=arguments.sequence_length, truncation="silent"
)
loss = nlpkit.losses.MultipleNegativesRankingLoss()
if arguments.dims:
    loss = nlpkit.losses.MatryoshkaLoss(loss, arguments.dims)
embedder.compile(keras.optimizers.Adam(arguments.learning_rate), loss)


def report(when):
    """Print how often the partner is the most similar of all."""
    anchors, positives = zip(*held_out, strict=True)
    similarity = embedder.similarity(
        embedder.encode(list(anchors)), embedder.encode(list(positives))
    )
    found = similarity.argmax(axis=1) == np.arange(len(held_out))
    print(f"{when}: {found.mean():.1%} of partners found among {len(held_out)}")


report("Before")
embedder.fit(train, batch_size=arguments.batch_size, epochs=arguments.epochs, verbose=2)
report("After")
embedder.save_to_preset("my_embedder")
print("Saved to my_embedder, which sentence-transformers opens, too.")
