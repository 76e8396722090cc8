"""A tiny tokenizer, and TensorFlow where it is installed."""

import pytest

from nlpkit.models.bert import BertTokenizer

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "a", "##s"]


@pytest.fixture
def tokenizer():
    return BertTokenizer(WORDS)


@pytest.fixture
def tf():
    return pytest.importorskip("tensorflow", reason="tf.data needs TensorFlow")
