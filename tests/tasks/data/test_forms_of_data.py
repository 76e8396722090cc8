"""What a person has in hand, a task reads: by position, whatever library it comes from."""

import re

import keras
import numpy as np
import pytest
from stand_ins import Arrow, Frame, Polars, Sequence, Series, Table
from tasks import miniature
from tasks.data.test_data_sources import needs_tensorflow
from tasks.miniature import LABELS, SECOND_TEXTS, TEXTS

SERIES = [Series, Polars, Arrow, Sequence]
PAIRS = list(zip(TEXTS, SECOND_TEXTS, strict=True))


def same(actual, expected):
    np.testing.assert_allclose(actual, expected, atol=1e-5)


@pytest.fixture
def expected(classifier):
    return classifier.evaluate(TEXTS, LABELS, batch_size=2, verbose=0)


def fit(classifier, *data, **arguments):
    """The weights after an epoch in order."""
    miniature.filled(classifier)
    given = {"batch_size": 2, "shuffle": False, "verbose": 0, **arguments}
    classifier.fit(*data, **given)
    return np.concatenate([weights.ravel() for weights in classifier.get_weights()])


@pytest.mark.parametrize("form", SERIES)
def test_columns_of_every_library(classifier, expected, form):
    weights = np.arange(6.0)
    wanted = fit(classifier, TEXTS, LABELS, sample_weight=weights, validation_split=0.34)
    columns = form(TEXTS), form(LABELS.tolist())
    same(fit(classifier, *columns, sample_weight=form(weights), validation_split=0.34), wanted)
    miniature.filled(classifier)
    same(classifier.evaluate(*columns, batch_size=2, verbose=0), expected)
    same(classifier.predict(columns[0], verbose=0), classifier.predict(TEXTS, verbose=0))


@pytest.mark.parametrize("form", [dict, Frame, Table])
def test_tables(classifier, expected, form):
    table = form({"text": TEXTS, "label": LABELS.tolist()})
    same(classifier.evaluate(table, batch_size=2, verbose=0), expected)
    same(classifier.predict(table, verbose=0), classifier.predict(TEXTS, verbose=0))
    pairs = form({"question": TEXTS, "answer": SECOND_TEXTS})
    wanted = classifier.predict((TEXTS, SECOND_TEXTS), verbose=0)
    same(classifier.predict(pairs, verbose=0), wanted)


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_pairs_are_rows_whatever_the_batch_size(classifier, batch_size):
    wanted = classifier.predict((TEXTS, SECOND_TEXTS), verbose=0)
    for pairs in (PAIRS, [list(pair) for pair in PAIRS], np.array(PAIRS)):
        same(classifier.predict(pairs, batch_size=batch_size, verbose=0), wanted)
        same(classifier.predict_on_batch(pairs[:2]), wanted[:2])


@pytest.mark.parametrize(
    "labels", [LABELS.astype(bool), LABELS[:, None], LABELS.astype("float32"), tuple(LABELS)]
)
def test_labels_in_other_shapes(classifier, expected, labels):
    same(classifier.evaluate(TEXTS, labels, batch_size=2, verbose=0), expected)


def test_labels_by_name(classifier, expected, monkeypatch):
    monkeypatch.setattr(classifier, "labels", ["bad", "good"])
    names = ["good" if label else "bad" for label in LABELS]
    same(classifier.evaluate(TEXTS, names, batch_size=2, verbose=0), expected)
    by_number = fit(classifier, TEXTS, LABELS, class_weight={0: 0.25, 1: 2.0})
    same(fit(classifier, TEXTS, names, class_weight={"bad": 0.25, "good": 2.0}), by_number)
    with pytest.raises(ValueError, match="their names bad, good; got 'fine' in row 1"):
        classifier.evaluate(TEXTS, ["bad", "fine", *names[2:]], verbose=0)


def test_other_losses_take_other_labels():
    task = miniature.classifier()
    several = np.eye(2)[LABELS]
    task.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    wanted = task.evaluate(TEXTS, several, verbose=0)
    same(task.evaluate(TEXTS, Series(several.tolist()), verbose=0), wanted)
    same(task.evaluate(Table({"text": TEXTS, "labels": several.tolist()}), verbose=0), wanted)
    task.compile("sgd", "mse")
    assert task.evaluate(TEXTS, several - 3.5, verbose=0) > 1
    with pytest.raises(ValueError, match="y must contain numbers; got 'good' in row 0"):
        task.evaluate(TEXTS, ["good"] * 6, verbose=0)


@pytest.mark.parametrize("held", [[TEXTS[2:], LABELS[2:]], [TEXTS[2:], LABELS[2:], np.ones(4)]])
def test_validation_data_may_be_a_list(classifier, held):
    history = classifier.fit(TEXTS, LABELS, validation_data=held, verbose=0).history
    loss, _ = classifier.evaluate(TEXTS[2:], LABELS[2:], verbose=0)
    assert history["val_loss"][0] == pytest.approx(loss, abs=1e-5)


class Stream:
    """Examples one by one, as a streamed dataset gives them."""

    def __iter__(self):
        yield from ({"text": t, "label": y} for t, y in zip(TEXTS, LABELS, strict=True))


SINGLE = {
    "stream": lambda: Stream(),
    "pairs of text and label": lambda: zip(TEXTS, LABELS, strict=True),
    "tf.data": pytest.param(
        lambda: miniature.tf_dataset(TEXTS, LABELS).unbatch(), marks=needs_tensorflow
    ),
    "tf.data of dicts": pytest.param(
        lambda: miniature.tf_dataset({"text": TEXTS, "label": LABELS[:, None]}),
        marks=needs_tensorflow,
    ),
}


@pytest.mark.parametrize("source", SINGLE.values(), ids=SINGLE)
def test_examples_that_come_one_by_one_are_batched(classifier, expected, source):
    same(classifier.evaluate(source(), batch_size=2, verbose=0), expected)
    same(
        classifier.predict(source(), batch_size=4, verbose=0), classifier.predict(TEXTS, verbose=0)
    )


def test_a_loader_of_dicts(classifier, expected):
    torch = pytest.importorskip("torch", reason="a DataLoader needs PyTorch")
    rows = [{"text": t, "label": y} for t, y in zip(TEXTS, LABELS, strict=True)]
    loader = torch.utils.data.DataLoader(rows, batch_size=2)
    same(classifier.evaluate(loader, verbose=0), expected)


NAN = float("nan")
WRONG = {
    "None": (["a", None], [0, 1], TypeError, r"x must contain strings; got None .* in row 1"),
    "gap": (Series(["a", NAN]), [0, 1], TypeError, "got nan .* in row 1"),
    "second text": ((["a"], [None]), [0], TypeError, r"x\[1\] must contain strings; .* row 0"),
    "surrogate": (["a", "\ud800"], [0, 1], ValueError, "lone surrogates; .* of row 1"),
    "not UTF-8": (["a", b"\xff"], [0, 1], ValueError, "must be UTF-8"),
    "no texts": ([], [], ValueError, "at least one example"),
    "a set": ({"a", "b"}, [0, 1], TypeError, "x must be strings in a list, array or column"),
    "a tuple of texts": (("a", "b"), [0, 1], ValueError, "A tuple holds columns"),
    "three segments": ([("a", "b", "c")], [0], ValueError, "x has 3 segments .* distinguishes 2"),
    "past the classes": (["a", "a"], [0, 2], ValueError, "from 0 to 1; got 2 in row 1"),
    "negative": (["a"], [-1], ValueError, "y must contain classes .* got -1 in row 0"),
    "missing label": (
        ["a", "a"],
        [0, None],
        ValueError,
        "y must contain numbers; got None in row 1",
    ),
    "NaN label": (["a", "a"], [0, NAN], ValueError, "y must contain .*; got nan in row 1"),
    "fraction": (["a"], [0.5], ValueError, "y must contain classes from 0 to 1; got 0.5"),
    "names": (["a"], ["good"], ValueError, "y must contain classes from 0 to 1; got 'good'"),
    "one-hot": (["a"], [[0, 1]], ValueError, r"shape \(1, 2\).*categorical_crossentropy"),
    "ragged": (["a", "a"], [[0], [0, 1]], ValueError, "y must have rows of one length"),
    "no labels": (["a"], None, ValueError, "y must contain classes from 0 to 1; got None"),
    "too few": (["a", "a"], [0], ValueError, "x and y must have the same length; got 2 and 1"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_before_anything_is_computed(classifier, case):
    x, y, error, message = case
    for method in (classifier.fit, classifier.evaluate, classifier.train_on_batch):
        with pytest.raises(error, match=message):
            method(x, y)
    with pytest.raises(error, match=message):
        classifier.fit(TEXTS, LABELS, validation_data=(x, y), verbose=0)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, NAN], "finite numbers; got nan in row 1"),
        ([1, None], "sample_weight must contain numbers; got None in row 1"),
        ([[1, 1], [1, 1]], r"a number for each label; got the shape \(2, 2\) for labels"),
        ([1], "x and sample_weight must have the same length; got 2 and 1"),
    ],
)
def test_wrong_weights_are_named(classifier, weights, message):
    with pytest.raises(ValueError, match=message):
        classifier.fit(["a", "a"], [0, 1], sample_weight=weights)


@pytest.mark.parametrize("weights", [{2: 1.0}, {0.5: 1.0}, {"good": 1.0}, {0: NAN}])
def test_wrong_class_weights_are_named(classifier, weights):
    with pytest.raises(ValueError, match="class_weight must"):
        classifier.fit(TEXTS, LABELS, class_weight=weights)


@pytest.mark.parametrize("source", [miniature.Batches, miniature.generator])
def test_batches_are_looked_at_as_they_come(classifier, source):
    with pytest.raises(ValueError, match="y must contain classes from 0 to 1; got 2 in row 1"):
        classifier.evaluate(source(TEXTS, [0, 2] * 3), verbose=0)
    with pytest.raises(ValueError, match=r"Batches of pairs are \(\(first, second\),\)"):
        classifier.predict(source(TEXTS, SECOND_TEXTS), verbose=0)


@needs_tensorflow
@pytest.mark.parametrize("label", [2, -1, NAN, 0.5, "x"])
def test_labels_in_a_dataset_are_looked_at_as_they_come(classifier, label):
    labels = ["bad" if isinstance(label, str) else 0, label] * 3
    with pytest.raises(ValueError, match="y must contain") as refused:
        classifier.evaluate(TEXTS, labels, verbose=0)
    with pytest.raises(ValueError, match=re.escape(str(refused.value)) + "$"):
        classifier.evaluate(miniature.tf_dataset(TEXTS, labels), verbose=0)
    assert np.isfinite(classifier.evaluate(miniature.tf_dataset(TEXTS, LABELS), verbose=0)[0])
