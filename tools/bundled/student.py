"""The student: its vocabulary, its first embeddings, and learning from the teacher's margins."""

from itertools import chain
from pathlib import Path
from typing import Any

import keras
import numpy as np
from bundled.batches import LengthBatches, encode, margins
from bundled.teacher import pretrained_folder
from bundled.texts import Corpus, as_typed, sentences
from bundled.training import train

import nlpkit

_SHAPE = {"num_layers": 2, "num_heads": 4, "hidden_dim": 128, "intermediate_dim": 512}
_VOCABULARY_SIZE = 16_000
_RESERVED = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_EMBEDDING_SCALE = 0.05
_SEQUENCE_LENGTH = 256  # Of the shipped preprocessor.
_LONGEST = 512
_WINDOW_LONGEST = 200
_LARGEST_MARGIN = 6.0


def learn_vocabulary(corpus: Corpus, file: Path) -> None:
    """Learn the word pieces of the phrases and of the reviews, as they come."""
    texts = [*corpus.labelled("sst2/train")[0], *corpus.reviews()]
    nlpkit.tokenizers.compute_word_piece_vocabulary(
        texts, _VOCABULARY_SIZE, file, lowercase=True, strip_accents=True, reserved_tokens=_RESERVED
    )


def distill(corpus: Corpus, vocabulary: Path, labels: Path, folder: Path) -> None:
    """Train the student on what the teacher thinks, and save it as a preset."""
    keras.utils.set_random_seed(2)
    tokenizer = nlpkit.models.BertTokenizer(str(vocabulary), lowercase=True)
    backbone = nlpkit.models.BertBackbone(
        tokenizer.vocabulary_size(), **_SHAPE, attention_dropout=0.0, dtype="mixed_bfloat16"
    )
    backbone.token_embedding.embeddings.assign(embeddings_of_teacher(tokenizer))
    classifier = nlpkit.models.BertClassifier(backbone, num_classes=2)
    rows, probabilities = Lesson(corpus, tokenizer, labels).examples()
    batches = LengthBatches(
        rows,
        np.stack([1 - probabilities, probabilities], axis=1),
        pad_id=tokenizer.pad_token_id,
        batch_size=64,
        batch_tokens=4096,
        seed=2,
    )
    train(classifier, batches, learning_rate=1e-3)
    texts, sentiments = corpus.labelled("sst2/validation")
    found = margins(classifier, encode(tokenizer, texts, _LONGEST), tokenizer.pad_token_id) > 0
    print(f"  student: SST-2 validation {(found == sentiments).mean():.4f}", flush=True)
    classifier.preprocessor = nlpkit.models.BertPreprocessor(
        tokenizer, sequence_length=_SEQUENCE_LENGTH
    )
    classifier.save_to_preset(folder, dtype="float16")


def embeddings_of_teacher(tokenizer: Any) -> np.ndarray:
    """First token embeddings: those of the teacher's pieces, on their principal components.

    A piece of the student's that the teacher spells with several is their mean.
    """
    teacher = nlpkit.models.BertClassifier.from_preset(pretrained_folder(), num_classes=2)
    table = keras.ops.convert_to_numpy(teacher.backbone.token_embedding.embeddings)
    spell = teacher.preprocessor.tokenizer
    known = {token: i for i, token in enumerate(spell.get_vocabulary())}
    ids = [
        [known[token]] if token in known else spell(token.removeprefix("##")) or [0]
        for token in tokenizer.get_vocabulary()
    ]
    vectors = np.stack([table[i].mean(axis=0) for i in ids])
    vectors -= vectors.mean(axis=0)
    _, directions = np.linalg.eigh(vectors.T @ vectors)  # In ascending order.
    vectors = vectors @ directions[:, -_SHAPE["hidden_dim"] :]
    return vectors * (_EMBEDDING_SCALE / vectors.std())


class Lesson:
    """What the student learns from: texts of all lengths, and how likely each is positive.

    A phrase of SST-2 has half its label and half the teacher's probability. A sentence of a review
    has the teacher's; several sentences, up to the whole review, have that of the sum of their
    margins over the root of their number, so that the teacher judges only what it was trained on.

    Args:
        corpus: `Corpus`.
        tokenizer: `BertTokenizer` of the student.
        labels: Path. The teacher's margins.
    """

    def __init__(self, corpus: Corpus, tokenizer: Any, labels: Path) -> None:
        self._random = np.random.default_rng(3)
        self._tokenizer = tokenizer
        self._phrases, self._sentiments = corpus.labelled("sst2/train")
        with np.load(labels) as arrays:
            self._phrase_margins, sentence_margins = arrays["phrases"], arrays["sentences"]
        self._reviews: list[tuple[list[list[int]], np.ndarray]] = []
        start = 0
        for review in corpus.reviews():
            parts = sentences(review)
            end = start + len(parts)
            if end > len(sentence_margins):
                break
            self._reviews.append((tokenizer(parts), sentence_margins[start:end]))
            start = end

    def examples(self) -> tuple[list[list[int]], np.ndarray]:
        """Rows of ids with special tokens, and their probabilities of being positive."""
        given = 0.97 * self._sentiments + 0.015
        judged = _probability(self._phrase_margins)
        texts = [as_typed(p) if self._random.random() < 0.5 else p for p in self._phrases]
        pairs = list(zip(self._tokenizer(texts), (given + judged) / 2, strict=True))
        for draw, share in ((self._sentence, 8), (self._window, 3), (self._whole, 2)):
            count = int(share * len(self._reviews))
            chosen = self._random.permutation(count) % len(self._reviews)
            pairs += [draw(*self._reviews[i]) for i in chosen]
        start, end = self._tokenizer.cls_token_id, self._tokenizer.sep_token_id
        rows = [[start, *ids[: _LONGEST - 2], end] for ids, _ in pairs]
        return rows, np.array([probability for _, probability in pairs], "float32")

    def _sentence(self, parts: list[list[int]], found: np.ndarray) -> tuple[list[int], float]:
        i = self._random.integers(len(parts))
        return parts[i][:_WINDOW_LONGEST], _probability(found[i])

    def _window(self, parts: list[list[int]], found: np.ndarray) -> tuple[list[int], float]:
        """Two to six sentences; half of what they say themselves, half of the whole review."""
        size = int(self._random.integers(2, 7))
        start = int(self._random.integers(max(1, len(parts) - size + 1)))
        part = slice(start, start + size)
        margin = (_overall(found[part]) + _overall(found)) / 2
        return list(chain(*parts[part]))[:_WINDOW_LONGEST], _probability(margin)

    def _whole(self, parts: list[list[int]], found: np.ndarray) -> tuple[list[int], float]:
        """A whole review, half of the time cut as the shipped preprocessor cuts it."""
        length = _LONGEST if self._random.random() < 0.5 else _SEQUENCE_LENGTH
        return list(chain(*parts))[: length - 2], _probability(_overall(found))


def _overall(found: np.ndarray) -> float:
    margin = found.mean() * np.sqrt(len(found))
    return float(np.clip(margin, -_LARGEST_MARGIN, _LARGEST_MARGIN))


def _probability(margin: Any) -> Any:
    return 1 / (1 + np.exp(-margin))
