"""A classifier of one class, of several, and of numbers."""

import keras
import numpy as np
import pytest
from tasks import miniature

from conformance.cases.tasks import TEXTS
from nlpkit.models import DistilBertBackbone, TextClassifier
from nlpkit.presets.layouts.config_reader import ConfigReader

NAMES = ["good", "long", "new"]
SEVERAL = "multi_label_classification"
LISTS = [["good"], [], ["good", "new"], ["long"], ["long", "new"], ["good", "long", "new"]]
MARKS = np.array([[name in row for name in NAMES] for row in LISTS], "float32")


def several(**arguments):
    return miniature.classifier(num_classes=3, labels=NAMES, problem_type=SEVERAL, **arguments)


def number():
    return miniature.classifier(num_classes=1)


def fit(model, y, epochs=30):
    model.optimizer.learning_rate = 0.03
    return model.fit(TEXTS, y, batch_size=6, epochs=epochs, verbose=0).history


def test_several_labels_are_learned():
    model = several()
    history = fit(model, LISTS)
    assert type(model.loss) is keras.losses.BinaryCrossentropy
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    assert 0 <= history["accuracy"][-1] <= 1
    logits = model.predict(TEXTS, verbose=0)
    probabilities = model.predict(TEXTS, output="probabilities", verbose=0)
    np.testing.assert_allclose(probabilities, 1 / (1 + np.exp(-logits)), atol=1e-6)
    expected = [[n for n, x in zip(NAMES, row, strict=True) if x >= 0] for row in logits]
    assert model.predict(TEXTS, output="labels", verbose=0) == expected


def test_a_single_number_is_regressed():
    model = number()
    history = fit(model, [2.0, -1.0, 1.5, 0.5, 0.0, 3.0])
    assert type(model.loss) is keras.losses.MeanSquaredError
    assert 0 < history["loss"][-1] < 0.8 * history["loss"][0]
    with pytest.raises(ValueError, match="regression predicts numbers"):
        model.predict(TEXTS, output="labels")


@pytest.mark.by_turns
def test_names_and_marks_are_the_same_labels():
    model = several()
    by_name = model.evaluate(TEXTS, LISTS, verbose=0)
    assert by_name == model.evaluate(TEXTS, MARKS, verbose=0)
    assert by_name == model.evaluate(TEXTS, MARKS.astype(int).tolist(), verbose=0)


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([["fine"], *LISTS[1:]], "'fine' in row 0"),
        (MARKS * 2, r"got 2.0 in row 0, 0"),
        (
            MARKS[:, :2],
            r"row of 3 numbers from 0 to 1.*list of the names good, long, new.*\(6, 2\)",
        ),
        ([0, 1, 2, 0, 1, 2], r"got shape \(6,\)"),
        ([["good"], *MARKS[1:].tolist()], "y must have rows of one length"),
    ],
)
def test_other_labels_than_a_row_for_each_text_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        several().fit(TEXTS, y, verbose=0)


@pytest.mark.by_turns
def test_one_class_is_named():
    model = miniature.classifier(num_classes=3, labels=NAMES)
    logits = model.predict(TEXTS, verbose=0)
    assert model.predict(TEXTS, output="labels", verbose=0) == [NAMES[i] for i in logits.argmax(-1)]
    probabilities = model.predict(TEXTS, output="probabilities", verbose=0)
    np.testing.assert_allclose(probabilities.sum(-1), 1, atol=1e-6)
    np.testing.assert_array_equal(model.predict(TEXTS, output="logits", verbose=0), logits)
    with pytest.raises(ValueError, match="output must be"):
        model.predict(TEXTS, output="classes")
    certain = miniature.classifier(num_classes=3, activation="softmax")
    assert set(certain.predict(TEXTS, output="labels", verbose=0)) <= {0, 1, 2}
    with pytest.raises(ValueError, match="not logits"):
        certain.predict(TEXTS, output="logits")


@pytest.mark.by_turns
def test_the_problem_is_kept_and_said(tmp_path):
    model = several()
    model.save_to_preset(tmp_path / "own")
    model.export_to_transformers(tmp_path / "theirs")
    for folder in ("own", "theirs"):
        again = TextClassifier.from_preset(tmp_path / folder)
        assert (again.problem_type, again.labels) == (SEVERAL, NAMES)
    with pytest.raises(ValueError, match="problem_type must be"):
        miniature.classifier(num_classes=3, problem_type="several")


@pytest.mark.by_turns
def test_another_pooling_than_the_family_s_is_told_when_saving(tmp_path):
    with pytest.warns(UserWarning, match="pooling='mean', where its family has 'pooler'"):
        miniature.classifier(pooling="mean").save_to_preset(tmp_path)


@pytest.mark.by_turns
def test_dropout_is_read_under_the_name_of_the_family():
    reader = ConfigReader({"seq_classif_dropout": 0.35}, "config.json")
    assert TextClassifier.from_hf_head_config(reader, DistilBertBackbone)["dropout"] == 0.35
