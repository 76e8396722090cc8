"""One compiled task for all tests, its weights put back for each; models that generate."""

import keras
import pytest
from tasks import generators, miniature


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def model():
    return generators.random_model()


@pytest.fixture(scope="session")
def speller():
    return generators.spelling_model()
