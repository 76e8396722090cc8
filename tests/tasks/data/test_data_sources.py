"""Whatever holds the strings, a task makes the same of them."""

import importlib.util

import keras
import numpy as np
import pytest
from tasks import miniature
from tasks.miniature import LABELS, SECOND_TEXTS, TEXTS

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
on_torch = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="a DataLoader belongs to the torch backend"
)


def tf_tensor(texts):
    import tensorflow as tf

    return tf.constant(texts)


COLUMNS = {
    "array": np.array,
    "bytes": lambda texts: np.array(texts).astype("S"),
    "objects": lambda texts: np.array(texts, dtype=object),
    "tensor": pytest.param(tf_tensor, marks=needs_tensorflow),
}
SOURCES = {
    "PyDataset": miniature.Batches,
    "generator": miniature.generator,
    "tf.data": pytest.param(miniature.tf_dataset, marks=needs_tensorflow),
    "DataLoader": pytest.param(miniature.torch_loader, marks=on_torch),
}
each_column = pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
each_source = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)


def trained(classifier, *data, **arguments):
    """The weights after one epoch in order, from the same start."""
    miniature.filled(classifier)
    classifier.fit(*data, **{"batch_size": 2, "shuffle": False, "verbose": 0, **arguments})
    return np.concatenate([weights.ravel() for weights in classifier.get_weights()])


def same(actual, expected):
    np.testing.assert_allclose(actual, expected, atol=1e-5)


@pytest.fixture(scope="module")
def expected(compiled_classifier):
    """What lists give: outputs, loss and accuracy, weights after an epoch."""
    miniature.filled(compiled_classifier)
    outputs = compiled_classifier.predict(TEXTS, batch_size=2, verbose=0)
    scores = compiled_classifier.evaluate(TEXTS, LABELS, batch_size=2, verbose=0)
    return outputs, scores, trained(compiled_classifier, TEXTS, LABELS)


def test_lists_of_labels_are_arrays(classifier, expected):
    same(classifier.evaluate(TEXTS, LABELS.tolist(), batch_size=2, verbose=0), expected[1])
    same(trained(classifier, TEXTS, LABELS.tolist()), expected[2])


@each_column
def test_columns(classifier, expected, column):
    same(classifier.predict(column(TEXTS), batch_size=2, verbose=0), expected[0])
    same(classifier.evaluate(column(TEXTS), LABELS, batch_size=2, verbose=0), expected[1])
    same(trained(classifier, column(TEXTS), LABELS), expected[2])


@each_source
def test_batched_sources(classifier, expected, source):
    same(classifier.predict(source(TEXTS), verbose=0), expected[0])
    same(classifier.predict(source(TEXTS, LABELS), verbose=0), expected[0])
    same(classifier.evaluate(source(TEXTS, LABELS), verbose=0), expected[1])
    same(trained(classifier, source(TEXTS, LABELS), batch_size=None), expected[2])


@each_source
def test_batched_sources_may_yield_weights(classifier, source):
    weights = np.array([1.0, 0, 0, 2, 1, 1], "float32")
    wanted = trained(classifier, TEXTS, LABELS, sample_weight=weights)
    same(trained(classifier, source(TEXTS, LABELS, weights), batch_size=None), wanted)


def test_pairs_are_a_tuple_of_columns(classifier):
    pairs = (TEXTS, SECOND_TEXTS)
    features = classifier.preprocessor(pairs)
    assert features["segment_ids"].max() == 1
    wanted = classifier.predict_on_batch(pairs)
    same(classifier.predict(pairs, batch_size=2, verbose=0), wanted)
    same(classifier.predict(tuple(map(np.array, pairs)), batch_size=2, verbose=0), wanted)
    assert np.abs(wanted - classifier.predict(TEXTS, batch_size=2, verbose=0)).max() > 1e-3


@needs_tensorflow
def test_pairs_in_a_dataset(classifier):
    dataset = miniature.tf_dataset((TEXTS, SECOND_TEXTS), LABELS)
    wanted = classifier.evaluate((TEXTS, SECOND_TEXTS), LABELS, batch_size=2, verbose=0)
    same(classifier.evaluate(dataset, verbose=0), wanted)


def test_a_last_batch_may_be_smaller(classifier, expected):
    same(classifier.predict(TEXTS, batch_size=4, verbose=0), expected[0])


VALIDATION = {
    "tuple": lambda: (TEXTS[2:], LABELS[2:]),
    "PyDataset": lambda: miniature.Batches(TEXTS[2:], LABELS[2:]),
    "tf.data": pytest.param(
        lambda: miniature.tf_dataset(TEXTS[2:], LABELS[2:]), marks=needs_tensorflow
    ),
}


@pytest.mark.parametrize("make", VALIDATION.values(), ids=VALIDATION)
def test_validation_data(classifier, make):
    data = {"batch_size": 2, "validation_data": make(), "verbose": 0}
    history = classifier.fit(TEXTS, LABELS, epochs=2, **data).history
    loss, accuracy = classifier.evaluate(TEXTS[2:], LABELS[2:], batch_size=2, verbose=0)
    same(history["val_loss"][-1], loss)
    assert history["val_accuracy"][-1] == pytest.approx(accuracy)
    assert len(history["val_loss"]) == 2


@needs_tensorflow
def test_validation_data_beside_a_dataset(classifier):
    dataset = miniature.tf_dataset(TEXTS, LABELS)
    history = classifier.fit(dataset, validation_data=dataset, verbose=0).history
    same(history["val_loss"][0], classifier.evaluate(dataset, verbose=0)[0])


def test_steps_per_epoch_goes_on_where_it_stopped(classifier, expected):
    same(trained(classifier, TEXTS, LABELS, epochs=3, steps_per_epoch=1), expected[2])


@each_source
@pytest.mark.parametrize("argument", ["y", "sample_weight"])
def test_a_batched_source_brings_its_own_labels(classifier, source, argument):
    with pytest.raises(ValueError, match="yields its own labels and weights"):
        classifier.fit(source(TEXTS, LABELS), **{argument: LABELS}, verbose=0)


@each_source
def test_a_batched_source_is_not_split(classifier, source):
    with pytest.raises(ValueError, match="validation_split needs examples in memory"):
        classifier.fit(source(TEXTS, LABELS), validation_split=0.5, verbose=0)


def test_batch_methods_take_strings(classifier, expected):
    same(classifier.predict_on_batch(TEXTS[:2]), expected[0][:2])
    loss, _ = classifier.test_on_batch(TEXTS[:2], LABELS[:2])
    assert classifier.evaluate(TEXTS[:2], LABELS[:2], verbose=0)[0] == pytest.approx(loss, abs=1e-5)
    # Without shuffling, fit goes through the examples in their order.
    for i in range(0, 6, 2):
        classifier.train_on_batch(TEXTS[i : i + 2], LABELS[i : i + 2].tolist())
    same(np.concatenate([w.ravel() for w in classifier.get_weights()]), expected[2])
