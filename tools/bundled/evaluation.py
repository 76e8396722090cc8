"""The figures of the bundled classifier: as it ships, and fine-tuned."""

from pathlib import Path

import keras
import numpy as np
from bundled.baseline import fit_bag_of_bigrams
from bundled.batches import LengthBatches, encode, margins
from bundled.texts import Corpus, without_line_breaks
from bundled.training import train

import nlpkit

_ZERO_SHOT = {"SST-2 validation": "sst2/validation", "IMDB test, zero shot": "imdb/test"}
_FINE_TUNED = "IMDB test, fine-tuned"
# Found on a held-out part of IMDB's training part.
_FINE_TUNING_RATE = 1e-3
_FINE_TUNING_LENGTH = 512  # As long as the positions allow: half of the reviews are cut at 256.
_BATCH_SIZE = 32


def measure_baseline(corpus: Corpus) -> dict[str, float]:
    """The same figures of a bag of bigrams, from the same labels."""
    phrases = fit_bag_of_bigrams(*corpus.labelled("sst2/train"))
    texts, labels = corpus.labelled("imdb/train")
    reviews = fit_bag_of_bigrams([without_line_breaks(text) for text in texts], labels)
    texts, labels = corpus.labelled("imdb/test")
    test = [without_line_breaks(text) for text in texts], labels
    names = [*_ZERO_SHOT, _FINE_TUNED]
    cases = ((phrases, corpus.labelled("sst2/validation")), (phrases, test), (reviews, test))
    found = [_accuracy(model(texts), labels) for model, (texts, labels) in cases]
    return dict(zip(names, found, strict=True))


def measure_zero_shot(corpus: Corpus, preset: Path) -> dict[str, float]:
    """Evaluate the preset as it ships: texts are cut to the length of its preprocessor."""
    subject = _Subject(preset)
    return {name: subject.accuracy(*corpus.labelled(file)) for name, file in _ZERO_SHOT.items()}


def measure_fine_tuned(corpus: Corpus, preset: Path) -> dict[str, float]:
    """Fine-tune the preset for one epoch on IMDB's training part, then evaluate it."""
    keras.utils.set_random_seed(4)
    subject = _Subject(preset, _FINE_TUNING_LENGTH)
    subject.fine_tune(*corpus.labelled("imdb/train"))
    return {_FINE_TUNED: subject.accuracy(*corpus.labelled("imdb/test"))}


class _Subject:
    """A preset's classifier, run on batches of like length; see `LengthBatches`.

    Args:
        preset: Path.
        length: int or None. Where texts are cut; None for the length of the preset's preprocessor.
    """

    def __init__(self, preset: Path, length: int | None = None) -> None:
        self._classifier = nlpkit.models.BertClassifier.from_preset(preset, dtype="mixed_bfloat16")
        preprocessor, self._classifier.preprocessor = self._classifier.preprocessor, None
        self._tokenizer = preprocessor.tokenizer
        self._length = length or preprocessor.sequence_length

    def fine_tune(self, texts: list[str], labels: np.ndarray) -> None:
        batches = LengthBatches(
            encode(self._tokenizer, texts, self._length),
            np.eye(2, dtype="float32")[labels],
            pad_id=self._tokenizer.pad_token_id,
            batch_size=_BATCH_SIZE,
            batch_tokens=_BATCH_SIZE * self._length,
            seed=4,
        )
        train(self._classifier, batches, learning_rate=_FINE_TUNING_RATE)

    def accuracy(self, texts: list[str], labels: np.ndarray) -> float:
        rows = encode(self._tokenizer, texts, self._length)
        found = _accuracy(margins(self._classifier, rows, self._tokenizer.pad_token_id), labels)
        print(f"  {found:.4f}", flush=True)
        return found


def _accuracy(found: np.ndarray, labels: np.ndarray) -> float:
    return float(((found > 0) == labels).mean())


def table(figures: dict[str, float], baseline: dict[str, float]) -> str:
    """The figures side by side."""
    lines = [f"{'accuracy':24}  preset  bag of bigrams"]
    lines += [f"{name:24}  {value:.4f}  {baseline[name]:.4f}" for name, value in figures.items()]
    lines.append(
        f"Fine-tuned: one epoch, learning rate {_FINE_TUNING_RATE}, batches of {_BATCH_SIZE}, "
        f"reviews cut to {_FINE_TUNING_LENGTH} tokens."
    )
    return "\n".join(lines)
