"""TensorFlow, where it is installed."""

import pytest


@pytest.fixture
def tf():
    return pytest.importorskip("tensorflow", reason="tf.data needs TensorFlow")
