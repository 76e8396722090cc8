"""Embedding texts by an encoder of MiniLM's shape (6 layers of 384), beside sentence-transformers.

The texts are one to four of the bundled reviews, at most 64 tokens, all in one call, as users do
it; weights are random. The time is that of tokenization, sorting by length and computation.
"""

import importlib.resources
import json
import tempfile
from collections.abc import Callable, Iterator
from functools import cache

from benchmarks.measurement import Measurement, Run

COUNT, BATCH = 2000, 32


def measurements() -> Iterator[Measurement]:
    contestants: dict[str, Callable[[], Run]] = {"nlpkit": _nlpkit, "transformers": _reference}
    yield Measurement(f"{COUNT} texts, batches of {BATCH}", contestants, rounds=3, warm_up=1)


@cache
def _folder() -> str:
    """A folder of the model, which both libraries open."""
    import nlpkit

    tokenizer = nlpkit.models.BertTokenizer.from_preset("bert_nano_en_uncased_sst2")
    backbone = nlpkit.models.BertBackbone(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=6,
        num_heads=12,
        hidden_dim=384,
        intermediate_dim=1536,
    )
    preprocessor = nlpkit.models.TextEmbedderPreprocessor(tokenizer, 64, truncation="silent")
    folder = tempfile.mkdtemp()
    nlpkit.models.TextEmbedder(backbone, preprocessor).save_to_preset(folder)
    return folder


def _texts() -> list[str]:
    lines = (importlib.resources.files("nlpkit.presets") / "bundled/reviews.jsonl").read_text()
    reviews = [json.loads(line)["text"] for line in lines.splitlines()]
    return [" ".join(reviews[i % 500 : i % 500 + 1 + i % 4]) for i in range(COUNT)]


def _nlpkit() -> Run:
    import nlpkit

    embedder = nlpkit.models.TextEmbedder.from_preset(_folder(), truncation="silent")
    texts = _texts()
    return lambda: embedder.encode(texts, batch_size=BATCH, show_progress_bar=False)


def _reference() -> Run:
    from sentence_transformers import SentenceTransformer

    model, texts = SentenceTransformer(_folder(), device="cpu"), _texts()
    return lambda: model.encode(texts, batch_size=BATCH, show_progress_bar=False)
