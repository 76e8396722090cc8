"""A loop of one's own in each backend does what `fit` does."""

import importlib

import keras
import numpy as np
from tasks.miniature import LABELS, TEXTS, backbone, classifier, preprocessor

from nlpkit.models import BertClassifier

train = importlib.import_module(f"journeys.loops_{keras.backend.backend()}").train


def test_a_loop_comes_to_what_fit_comes_to():
    own, fitted = classifier(), classifier()
    fitted.compile(
        keras.optimizers.SGD(0.5),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    history = fitted.fit(TEXTS, LABELS, batch_size=2, epochs=3, shuffle=False, verbose=0).history
    losses = train(own, TEXTS, LABELS, epochs=3, learning_rate=0.5)
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(losses, history["loss"], rtol=1e-4)
    for left, right in zip(own.get_weights(), fitted.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-4)


def test_a_loop_draws_another_mask_each_step():
    model = BertClassifier(
        backbone(dropout=0.5), num_classes=2, preprocessor=preprocessor(), dropout=0.5
    )
    # Nothing is learned: the same texts' losses differ by what is dropped alone.
    losses = train(model, TEXTS[:2] * 4, LABELS[[0, 1] * 4], epochs=4, learning_rate=0.0)
    assert len({round(loss, 6) for loss in losses}) == 4
