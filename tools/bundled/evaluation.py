"""The figures of the bundled classifier: as it ships, and fine-tuned."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from bundled.baseline import fit_bag_of_bigrams
from bundled.batches import LengthBatches, encode, margins
from bundled.texts import Corpus, without_line_breaks
from bundled.training import train

import nlpkit

FIGURES = ("SST-2 validation", "IMDB test, zero shot", "IMDB test, fine-tuned")
_FINE_TUNING_RATE = 5e-4
_BATCH_SIZE = 32


def measure_baseline(corpus: Corpus) -> dict[str, float]:
    """The same figures of a bag of bigrams, from the same labels."""
    phrases = fit_bag_of_bigrams(*corpus.labelled("sst2/train"))
    texts, labels = corpus.labelled("imdb/train")
    reviews = fit_bag_of_bigrams([without_line_breaks(text) for text in texts], labels)
    validation, test = corpus.labelled("sst2/validation"), corpus.labelled("imdb/test")
    test = ([without_line_breaks(text) for text in test[0]], test[1])
    cases = ((phrases, validation), (phrases, test), (reviews, test))
    found = [_accuracy(model(texts), labels) for model, (texts, labels) in cases]
    return dict(zip(FIGURES, found, strict=True))


def measure(corpus: Corpus, preset: Path) -> dict[str, float]:
    """Evaluate the preset as it ships, then fine-tune it on IMDB's training part for one epoch.

    Texts are cut to the length of the shipped preprocessor.
    """
    classifier = nlpkit.models.BertClassifier.from_preset(preset, dtype="mixed_bfloat16")
    preprocessor, classifier.preprocessor = classifier.preprocessor, None
    tokenizer, length = preprocessor.tokenizer, preprocessor.sequence_length

    def accuracy(name: str) -> float:
        texts, labels = corpus.labelled(name)
        rows = encode(tokenizer, texts, length)
        found = _accuracy(margins(classifier, rows, tokenizer.pad_token_id), labels)
        print(f"  {name}: {found:.4f}", flush=True)
        return found

    before = [accuracy("sst2/validation"), accuracy("imdb/test")]
    _fine_tune(classifier, tokenizer, length, *corpus.labelled("imdb/train"))
    return dict(zip(FIGURES, [*before, accuracy("imdb/test")], strict=True))


def _fine_tune(
    classifier: Any, tokenizer: Any, length: int, texts: list[str], labels: np.ndarray
) -> None:
    keras.utils.set_random_seed(4)
    batches = LengthBatches(
        encode(tokenizer, texts, length),
        np.eye(2, dtype="float32")[labels],
        pad_id=tokenizer.pad_token_id,
        batch_size=_BATCH_SIZE,
        batch_tokens=_BATCH_SIZE * length,
        seed=4,
    )
    train(classifier, batches, learning_rate=_FINE_TUNING_RATE)


def _accuracy(found: np.ndarray, labels: np.ndarray) -> float:
    return float(((found > 0) == labels).mean())


def table(figures: dict[str, float], baseline: dict[str, float]) -> str:
    """The figures side by side."""
    lines = [f"{'accuracy':24}  preset  bag of bigrams"]
    lines += [f"{name:24}  {value:.4f}  {baseline[name]:.4f}" for name, value in figures.items()]
    lines.append(f"Fine-tuned: one epoch at learning rate {_FINE_TUNING_RATE}, batches of 32.")
    return "\n".join(lines)
