"""The miniature families, registered while a test of this folder runs."""

import pytest
from presets import miniature
from presets.miniature import randomized

import nlpkit.models  # noqa: F401 (registers the real families before the miniature ones)
from nlpkit import _config


@pytest.fixture(autouse=True)
def _families(monkeypatch):
    for cls in miniature.CLASSES:
        monkeypatch.setitem(_config._CLASSES, cls.__name__, cls)


@pytest.fixture
def tokenizer():
    return miniature.TinyTokenizer(["[PAD]", "a", "fine", "film", "dull"], lowercase=True)


@pytest.fixture
def backbone():
    return randomized(miniature.TinyBackbone(4))


@pytest.fixture
def classifier(backbone, tokenizer):
    preprocessor = miniature.TinyPreprocessor(tokenizer, sequence_length=5)
    return randomized(miniature.TinyClassifier(backbone, 3, preprocessor, dropout=0.25))


@pytest.fixture
def language_model(backbone, tokenizer):
    return randomized(miniature.TinyLM(backbone, miniature.TinyPreprocessor(tokenizer)))
