import keras
import numpy as np
import pytest

import nlpkit
from nlpkit.metrics import Perplexity

RNG = np.random.default_rng(0)
LABELS = RNG.integers(1, 7, (3, 5)).astype("int32")
LOGITS = RNG.normal(0, 2, (3, 5, 7)).astype("float32")
WEIGHTS = RNG.uniform(0, 2, (3, 5)).astype("float32")
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=-1, keepdims=True)


def expected(weights, labels=LABELS):
    log = np.log(np.take_along_axis(PROBABILITIES, labels[..., None], axis=-1)[..., 0])
    return np.exp(-(weights * log).sum() / weights.sum())


def compute(metric, *batch):
    metric.update_state(*batch)
    return float(metric.result())


@pytest.mark.parametrize(("from_logits", "y_pred"), [(True, LOGITS), (False, PROBABILITIES)])
@pytest.mark.parametrize("weights", [None, WEIGHTS, WEIGHTS[:, :1], WEIGHTS[:, 0], WEIGHTS > 1])
def test_it_is_the_exponent_of_the_weighted_mean(from_logits, y_pred, weights):
    full = np.ones((3, 5)) if weights is None else weights
    full = np.broadcast_to(full if full.ndim == 2 else full[:, None], (3, 5))
    metric = Perplexity(from_logits=from_logits)
    assert compute(metric, LABELS, y_pred, weights) == pytest.approx(expected(full), rel=1e-5)


def test_batches_add_up_and_a_reset_forgets():
    metric = Perplexity(from_logits=True)
    metric.update_state(LABELS[:1], LOGITS[:1], WEIGHTS[:1])
    both = compute(metric, LABELS[1:], LOGITS[1:], WEIGHTS[1:])
    assert both == pytest.approx(expected(WEIGHTS), rel=1e-5)
    metric.reset_state()
    assert float(metric.result()) == 0
    assert compute(metric, LABELS, LOGITS) == pytest.approx(expected(np.ones((3, 5))), rel=1e-5)


@pytest.mark.parametrize("mask_token_id", [0, -100, 99])
def test_masked_labels_do_not_count(mask_token_id):
    kept = WEIGHTS > 0.7
    labels = np.where(kept, LABELS, mask_token_id)
    metric = Perplexity(from_logits=True, mask_token_id=mask_token_id)
    y_pred = np.where(kept[..., None], LOGITS, np.nan)
    assert compute(metric, labels, y_pred) == pytest.approx(expected(kept), rel=1e-5)
    metric.reset_state()
    assert compute(metric, labels, y_pred, WEIGHTS) == pytest.approx(
        expected(kept * WEIGHTS), rel=1e-5
    )


def test_no_token_that_counts_gives_zero():
    assert compute(Perplexity(), LABELS, PROBABILITIES, np.zeros((3, 5))) == 0


def test_half_precision_predictions_are_computed_in_single():
    half = keras.ops.cast(LOGITS, "bfloat16")
    single = compute(Perplexity(from_logits=True), LABELS, keras.ops.cast(half, "float32"))
    found = compute(Perplexity(from_logits=True), LABELS, half)
    assert found == pytest.approx(single, rel=1e-6)


def test_an_integer_dtype_is_refused():
    with pytest.raises(ValueError, match="dtype must be a float dtype; got 'int32'"):
        Perplexity(dtype="int32")


def test_the_configuration_rebuilds_it():
    metric = Perplexity(from_logits=True, mask_token_id=3, dtype="float64", name="mine")
    revived = Perplexity.from_config(metric.get_config())
    assert revived.get_config() == metric.get_config()
    assert (revived.from_logits, revived.mask_token_id) == (True, 3)
    assert (revived.dtype, revived.name) == ("float64", "mine")


def test_a_model_computes_it_while_it_learns():
    inputs = keras.Input((5, 7))
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=[nlpkit.metrics.Perplexity(from_logits=True)],
    )
    found = model.evaluate(
        LOGITS, LABELS, sample_weight=WEIGHTS, batch_size=2, verbose=0, return_dict=True
    )
    assert found["perplexity"] == pytest.approx(expected(WEIGHTS), rel=1e-5)
