"""Tiny tasks with weights that do not depend on the backend, and a few texts."""

import keras
import numpy as np

from nlpkit.models import (
    BertBackbone,
    BertClassifier,
    BertMaskedLM,
    BertMaskedLMPreprocessor,
    BertPreprocessor,
    BertTokenizer,
)

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*SPECIAL, "good", "bad", "film", "a", "fine", "dull"]
TEXTS = ["a good film", "a bad film", "fine", "dull film", "good", "bad bad"]
SECOND_TEXTS = ["fine", "dull", "a film", "bad", "good film", "dull"]
LABELS = np.array([1, 0, 1, 0, 1, 0])


def tokenizer(words=WORDS):
    return BertTokenizer(words)


def backbone(cls=BertBackbone, **changes):
    sizes = {"vocabulary_size": 11, "num_layers": 1, "num_heads": 2, "hidden_dim": 8}
    others = {"intermediate_dim": 8, "max_sequence_length": 8, "dropout": 0.0}
    return cls(**{**sizes, **others, **changes})


def preprocessor():
    return BertPreprocessor(tokenizer(), sequence_length=8)


def classifier(**changes):
    arguments = {"num_classes": 2, "preprocessor": preprocessor(), "dropout": 0.0}
    return filled(BertClassifier(backbone(), **{**arguments, **changes}))


def masked_lm(**changes):
    masking = BertMaskedLMPreprocessor(
        tokenizer(), sequence_length=8, mask_selection_rate=0.5, mask_selection_length=2
    )
    return filled(BertMaskedLM(backbone(), **{"preprocessor": masking, **changes}))


def filled(model):
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(0, 0.4, w.shape) for w in model.weights])
    return model


class Batches(keras.utils.PyDataset):
    """Columns in batches of two."""

    def __init__(self, *columns):
        super().__init__()
        self.columns = columns

    @property
    def num_batches(self):
        return len(self.columns[0]) // 2

    def __getitem__(self, index):
        batch = tuple(column[2 * index : 2 * index + 2] for column in self.columns)
        return batch if len(batch) > 1 else batch[0]


def generator(*columns):
    yield from (Batches(*columns)[i] for i in range(len(columns[0]) // 2))


def tf_dataset(*columns):
    import tensorflow as tf

    columns = columns if len(columns) > 1 else columns[0]
    return tf.data.Dataset.from_tensor_slices(columns).batch(2)


def torch_loader(*columns):
    import torch

    examples = list(zip(*columns, strict=True)) if len(columns) > 1 else list(columns[0])
    return torch.utils.data.DataLoader(examples, batch_size=2)
