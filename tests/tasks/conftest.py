"""One compiled task for the tests of a module, its weights put back for each test."""

import keras
import pytest
from tasks import miniature


@pytest.fixture(scope="module")
def compiled_classifier():
    classifier = miniature.classifier()
    classifier.compile(
        keras.optimizers.SGD(0.5),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return classifier


@pytest.fixture
def classifier(compiled_classifier):
    return miniature.filled(compiled_classifier)
