"""Search texts by meaning: the ones whose embeddings are most similar to a query's.

Runs on any backend: KERAS_BACKEND=jax python examples/semantic_search.py --data my_texts
"""

import argparse
import json
from importlib.resources import files
from pathlib import Path

import numpy as np

import nlpkit

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument(
    "--preset",
    default="bert_nano_en_uncased_sst2",
    help="of any embedder, such as a folder of sentence-transformers; the default, a classifier "
    "of reviews, finds texts of the same sentiment",
)
parser.add_argument(
    "--data",
    type=Path,
    default=Path(str(files("nlpkit"))) / "presets/bundled/reviews.jsonl",
    help="a folder of .txt files, or .jsonl with `text`; default: reviews of films",
)
parser.add_argument("--query", action="append", help="may be given several times")
parser.add_argument("--top-k", type=int, default=3, help="texts to show for each query")
parser.add_argument("--rerank", help="preset of a reranker, which orders what was found")
parser.add_argument("--picture", type=Path, help="a .png of the similarities, by matplotlib")
parser.add_argument("--quick", action="store_true", help="a few short texts")
arguments = parser.parse_args()
queries = arguments.query or ["a wonderful film", "a waste of time"]

if arguments.data.is_dir():
    texts = [path.read_text("utf-8") for path in sorted(arguments.data.glob("*.txt"))]
else:
    texts = [json.loads(line)["text"] for line in arguments.data.read_text("utf-8").splitlines()]
if arguments.quick:
    texts = [text[:100] for text in texts[:20]]

embedder = nlpkit.models.TextEmbedder.from_preset(arguments.preset)
documents = embedder.encode_document(texts)
similarities = embedder.similarity(embedder.encode_query(queries), documents)

for query, row in zip(queries, similarities, strict=True):
    print(f"\n{query!r}")
    best = np.argsort(-row)[: arguments.top_k]
    if arguments.rerank:
        reranker = nlpkit.models.Reranker.from_preset(arguments.rerank)
        ranked = reranker.rank(query, [texts[i] for i in best])
        best = [best[document.index] for document in ranked]
    for i in best:
        print(f"  {row[i]:.3f}  {' '.join(texts[i].split())[:70]}")

if arguments.picture:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(10, 1 + len(queries) / 2), layout="constrained")
    shown = axes.imshow(similarities, aspect="auto")
    axes.set_yticks(range(len(queries)), queries)
    axes.set_xlabel("text")
    figure.colorbar(shown, label="similarity")
    figure.savefig(arguments.picture)
    print(f"\nSimilarities: {arguments.picture}")
