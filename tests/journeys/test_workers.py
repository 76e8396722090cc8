"""Batches that other processes prepare."""

import keras
import numpy as np
import pytest
from tasks.miniature import LABELS, TEXTS, classifier

torch = pytest.importorskip("torch")


@pytest.fixture
def model():
    model = classifier()
    model.compile(
        keras.optimizers.SGD(0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def test_spawned_workers_of_a_data_loader(model):
    examples = list(zip(TEXTS, LABELS.tolist(), strict=True))
    loader = torch.utils.data.DataLoader(
        examples, batch_size=2, num_workers=1, multiprocessing_context="spawn"
    )
    expected = model.evaluate(TEXTS, LABELS, batch_size=2, verbose=0)
    np.testing.assert_allclose(model.evaluate(loader, verbose=0), expected, rtol=1e-5)
