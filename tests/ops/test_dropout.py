"""Dropout drops the asked-for part, keeps the mean and follows its seed."""

import keras
import numpy as np
import pytest

from nlpkit.modules.dropout import Dropout
from nlpkit.ops.backend import dropout

ONES = np.ones((500, 401), "float32")


def _dropped(rate, seed=7):
    generator = keras.random.SeedGenerator(seed)
    return keras.ops.convert_to_numpy(dropout(keras.ops.convert_to_tensor(ONES), rate, generator))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.73])
def test_drops_the_rate_and_keeps_the_mean(rate):
    y = _dropped(rate)
    assert abs((y == 0).mean() - rate) < 0.005
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-4)


def test_entries_are_independent_along_both_axes():
    kept = (_dropped(0.5) != 0).astype(float)
    half = kept.shape[1] // 2 + 1
    for other in (np.roll(kept, half, axis=1), np.roll(kept, 1, axis=1), np.roll(kept, 1, axis=0)):
        assert abs(np.corrcoef(kept.ravel(), other.ravel())[0, 1]) < 0.01


def test_follows_the_seed():
    np.testing.assert_array_equal(_dropped(0.3, seed=1), _dropped(0.3, seed=1))
    assert (_dropped(0.3, seed=1) != _dropped(0.3, seed=2)).any()


def test_each_call_draws_anew():
    layer = Dropout(0.3)
    first, second = (keras.ops.convert_to_numpy(layer(ONES, training=True)) for _ in range(2))
    assert (first != second).any()
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(ONES, training=False)), ONES)
