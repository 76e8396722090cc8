"""Losses and metrics are means over what counts, whatever the padding, the batches, the order."""

import keras
import numpy as np
import pytest
from tasks import miniature
from tasks.miniature import LABELS, TEXTS, filled

from nlpkit.models import GPT2Backbone, GPT2CausalLM

RNG = np.random.default_rng(0)
LENGTHS = np.array([1, 6, 2, 5, 6, 3])
MASK = np.arange(6) < LENGTHS[:, None]
IDS = RNG.integers(1, 11, MASK.shape).astype("int32")
NEXT = RNG.integers(1, 11, MASK.shape).astype("int32")
# Of the tokens that count one counts thrice, and one not at all.
WEIGHTS = np.where(MASK, 1.0, 0.0) * np.where(IDS == 3, 3.0, np.where(IDS == 5, 0.0, 1.0))
ROWS = np.array([2.0, 0.0, 1.0, 0.5, 1.0, 3.0])
crossentropy = keras.losses.sparse_categorical_crossentropy


def from_logits(y_true, y_pred):
    return crossentropy(y_true, y_pred, from_logits=True)


LOSSES = {
    "auto": "auto",
    "object": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "function": from_logits,
    "ignoring": keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=7),
}


@pytest.fixture(scope="module")
def language_model():
    sizes = {"vocabulary_size": 11, "num_layers": 1, "num_heads": 2, "hidden_dim": 8}
    sizes |= {"intermediate_dim": 8, "max_sequence_length": 10, "dropout": 0.0}
    return filled(GPT2CausalLM(GPT2Backbone(**sizes)))


@pytest.mark.parametrize("loss", LOSSES)
def test_mean_over_tokens(language_model, loss):
    language_model.compile(
        keras.optimizers.SGD(0.0),
        LOSSES[loss],
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="hits")],
        weighted_metrics=["accuracy"],
    )
    logits = language_model.predict(tokens(0)[0], verbose=0)
    counted = WEIGHTS * (NEXT != 7) if loss == "ignoring" else WEIGHTS
    expected = {
        "loss": mean_loss(logits, NEXT, counted),
        "hits": mean_hit(logits, NEXT, WEIGHTS != 0),
        "accuracy": mean_hit(logits, NEXT, WEIGHTS),
    }
    for padding, size, reverse in [(0, 2, False), (4, 3, True)]:
        x, y, weights = tokens(padding, reverse)
        arguments = {"sample_weight": weights, "batch_size": size, "verbose": 0}
        found = language_model.evaluate(x, y, return_dict=True, **arguments)
        assert found == pytest.approx(expected, rel=1e-4)
        if loss == "function" and padding == 0:
            found = language_model.fit(x, y, **arguments).history
            assert {name: x[0] for name, x in found.items()} == pytest.approx(expected, rel=1e-4)


def test_weights_of_rows_count_for_all_their_tokens(language_model):
    language_model.compile("sgd", LOSSES["object"])
    x, y, _ = tokens(0)
    logits = language_model.predict(x, verbose=0)
    expected = mean_loss(logits, y, ROWS[:, None] * np.ones(y.shape))
    found = language_model.evaluate(x, y, 2, sample_weight=ROWS, verbose=0)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_gradient_is_that_of_the_mean(language_model):
    """A step on padded rows is the step on the same rows without the padding."""
    language_model.compile(keras.optimizers.SGD(0.1), LOSSES["object"])
    before, after = language_model.get_weights(), []
    for padding in (0, 4):
        language_model.set_weights(before)
        language_model.train_on_batch(*tokens(padding))
        after.append(language_model.get_weights())
    language_model.set_weights(before)
    assert any(np.abs(x - y).max() > 1e-3 for x, y in zip(before, after[0], strict=True))
    for x, y in zip(*after, strict=True):
        np.testing.assert_allclose(x, y, atol=1e-5)


def test_mean_over_rows(classifier):
    classifier.optimizer.learning_rate.assign(0.0)
    logits = classifier.predict(TEXTS, verbose=0)
    by_class = {0: 4.0, 1: 0.5}
    of_classes = np.where(LABELS == 0, 4.0, 0.5)
    for weights, given in [
        (ROWS, {"sample_weight": ROWS}),
        (of_classes, {"class_weight": by_class}),
        (np.ones(6), {}),
    ]:
        expected = mean_loss(logits, LABELS, weights)
        for size in (3, 6):
            history = classifier.fit(TEXTS, LABELS, batch_size=size, verbose=0, **given).history
            np.testing.assert_allclose(history["loss"][0], expected, rtol=1e-4)
    found = classifier.evaluate(TEXTS, LABELS, 3, sample_weight=ROWS, verbose=0)[0]
    np.testing.assert_allclose(found, mean_loss(logits, LABELS, ROWS), rtol=1e-4)
    classifier.optimizer.learning_rate.assign(0.5)


def test_masked_lm_counts_masked_tokens():
    model = miniature.masked_lm()
    features, labels, weights = model.preprocessor(TEXTS)
    model.preprocessor = None
    logits = model.predict(features, verbose=0)
    expected = mean_loss(logits, labels, weights), mean_hit(logits, labels, weights)
    features["mask_positions"] = np.pad(features["mask_positions"], [(0, 0), (0, 3)])
    y, w = (np.pad(x, [(0, 0), (0, 3)]) for x in (labels, weights))
    found = model.evaluate(features, y, 2, sample_weight=w, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def tokens(padding, reverse=False):
    """Features, labels and weights, with so much more padding."""
    order = slice(None, None, -1 if reverse else 1)
    ids, mask, y, weights = (
        np.pad(x, [(0, 0), (0, padding)])[order] for x in (IDS, MASK, NEXT, WEIGHTS)
    )
    return {"token_ids": ids, "padding_mask": mask}, y, weights


def mean_loss(logits, labels, weights):
    logits = logits.astype("float64")
    normal = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    losses = -np.take_along_axis(normal, labels[..., None], -1)[..., 0]
    return (losses * weights).sum() / weights.sum()


def mean_hit(logits, labels, weights):
    return ((logits.argmax(-1) == labels) * weights).sum() / weights.sum()
