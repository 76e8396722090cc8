"""SpanF1 equals a table made by hand, with the counts of CoNLL's evaluation."""

import keras
import numpy as np
import pytest

from nlpkit.metrics import SpanF1
from nlpkit.ops.data.tag_scheme import TagScheme, tags_of

LABELS = tags_of(["A", "B"], "BIOES")
# Actual tags, predicted ones, and the numbers of correct, predicted and actual entities.
GOLDEN = [
    ("B-A I-A O B-B", "B-A I-A O B-B", 2, 2, 2),
    ("B-A I-A O B-B", "B-A O O B-B", 1, 2, 2),
    ("B-A I-A O O", "B-A I-A I-A O", 0, 1, 1),
    ("O O O O", "B-A O O O", 0, 1, 0),
    ("B-A B-A B-A O", "B-A I-A B-A O", 1, 2, 3),
    ("O I-A I-A O", "O B-A I-A O", 1, 1, 1),
    ("S-A S-B O B-A", "S-A S-A O S-A", 2, 3, 3),
    ("B-A E-A I-A O", "B-A I-A I-A O", 0, 1, 2),
    ("B-A I-B I-B I-B", "B-A B-B I-B I-B", 2, 2, 2),
    ("O O O B-A", "O O B-A I-A", 0, 1, 1),
]


def ids(tags):
    return [LABELS.index(tag) for tag in tags.split()]


@pytest.mark.parametrize(("actual", "found", "correct", "predicted", "real"), GOLDEN)
def test_equals_the_table(actual, found, correct, predicted, real):
    metric = SpanF1(LABELS)
    expected = 2 * correct / (predicted + real)
    assert float(metric([ids(actual)], [ids(found)])) == pytest.approx(expected)
    logits = np.eye(len(LABELS))[ids(found)]
    metric.reset_state()
    assert float(metric([ids(actual)], [logits])) == pytest.approx(expected)


def test_counts_add_up_over_batches():
    metric = SpanF1(LABELS)
    for actual, found, *_ in GOLDEN:
        metric.update_state([ids(actual)], [ids(found)])
    correct, predicted, real = np.sum([row[2:] for row in GOLDEN], axis=0)
    assert float(metric.result()) == pytest.approx(2 * correct / (predicted + real))


def test_equals_reading_the_entities_of_random_tags():
    rng, scheme, metric = np.random.default_rng(0), TagScheme(LABELS), SpanF1(LABELS)
    actual, found = rng.integers(0, len(LABELS), (2, 30, 12))
    found = np.where(rng.random(found.shape) < 0.7, actual, found)
    weight = rng.random(actual.shape) < 0.8
    correct = total = 0
    for real, guess, counts in zip(actual, found, weight, strict=True):
        entities = [{*scheme.entities(row[counts].tolist())} for row in (real, guess)]
        correct += len(entities[0] & entities[1])
        total += len(entities[0]) + len(entities[1])
    assert correct
    assert float(metric(actual, found, weight.astype("float32"))) == pytest.approx(
        2 * correct / total
    )


def test_is_0_without_entities():
    assert float(SpanF1(LABELS)([[0, 0]], [[0, 0]])) == 0


def test_counts_in_compiled_steps():
    model = keras.Sequential([keras.Input((4, len(LABELS))), keras.layers.Identity()])
    model.compile(loss="sparse_categorical_crossentropy", weighted_metrics=[SpanF1(LABELS)])
    x = np.eye(len(LABELS), dtype="float32")[[ids(row[1]) for row in GOLDEN]]
    y = np.array([ids(row[0]) for row in GOLDEN])
    correct, predicted, real = np.sum([row[2:] for row in GOLDEN], axis=0)
    found = model.evaluate(x, y, batch_size=3, verbose=0, return_dict=True)["span_f1"]
    assert found == pytest.approx(2 * correct / (predicted + real))
