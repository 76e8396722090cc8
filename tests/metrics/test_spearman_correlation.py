"""The correlation of ranks, against SciPy's, and in parts."""

import keras
import numpy as np
import pytest

from nlpkit.metrics import SpearmanCorrelation


def compute(*batches, capacity=64):
    metric = SpearmanCorrelation(capacity)
    for labels, predictions in batches:
        metric.update_state(np.array(labels, "float32"), np.array(predictions, "float32"))
    return float(metric.result())


@pytest.mark.parametrize("levels", [3, 1000])
def test_equals_scipy_with_equal_values_and_in_batches(levels):
    stats = pytest.importorskip("scipy.stats")
    generator = np.random.default_rng(0)
    labels = generator.integers(0, levels, 40)
    predictions = labels + generator.integers(0, levels, 40)
    expected = stats.spearmanr(labels, predictions).statistic
    assert compute((labels, predictions)) == pytest.approx(expected, abs=1e-5)
    parts = zip(np.split(labels, [7, 30]), np.split(predictions, [7, 30]), strict=True)
    assert compute(*parts) == pytest.approx(expected, abs=1e-5)


def test_no_order_is_no_number():
    assert np.isnan(compute())
    assert np.isnan(compute(([1], [2])))
    assert np.isnan(compute(([1, 1], [2, 3])))


def test_more_values_than_are_kept_are_no_number():
    assert compute(([1, 2], [1, 2]), capacity=2) == 1
    assert np.isnan(compute(([1, 2, 3], [1, 2, 3]), capacity=2))


def test_weights_are_refused():
    with pytest.raises(ValueError, match="no sample_weight"):
        SpearmanCorrelation().update_state([1.0], [1.0], sample_weight=[1.0])


def test_in_training():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[SpearmanCorrelation(8)])
    x = np.arange(6.0)[:, None]
    found = model.evaluate(x, x, batch_size=4, verbose=0, return_dict=True)
    assert abs(found["spearman_correlation"]) == pytest.approx(1, abs=1e-5)
