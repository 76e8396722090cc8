"""A tiny backbone, the same for all tests of a module."""

import keras
import numpy as np
import pytest

from nlpkit.models import BertBackbone


@pytest.fixture(scope="module")
def backbone():
    keras.utils.set_random_seed(0)
    backbone = BertBackbone(
        vocabulary_size=11,
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        max_sequence_length=6,
        dropout=0.0,
    )
    generator = np.random.default_rng(0)
    for weight in backbone.weights:
        weight.assign(generator.normal(0, 0.5, weight.shape))
    return backbone
