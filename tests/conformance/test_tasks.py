"""What holds for every task."""

from functools import cache

import keras
import numpy as np
import pytest

import nlpkit
from conformance.cases.backbones import BERT
from conformance.cases.case import assert_close, fill
from conformance.cases.encoders import ENCODER_TASKS
from conformance.cases.tasks import TASKS, TEXTS
from nlpkit.presets.mapping.assignment import model_variables

CASES = [v for case in TASKS for v in case.variants() if not v.name.endswith("defaults")]
CASES += ENCODER_TASKS
ONLY = {"saved_folder_opens_in_transformers": lambda case: not case.name.endswith("Classifier")}


def test_loss_falls(case):
    task = case.build()
    task.optimizer.learning_rate = 0.01 if case in ENCODER_TASKS else 0.03
    history = task.fit(TEXTS, case.family.labels, batch_size=len(TEXTS), epochs=20, verbose=0)
    losses = history.history["loss"]
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])


def test_split_pipeline_equals_joint(case):
    joint, split = filled(case.name), fill(case.build(preprocessor=None))
    preprocessed = joint.preprocessor(TEXTS)
    features = preprocessed[0] if isinstance(preprocessed, tuple) else preprocessed
    assert_close(split.predict(features, verbose=0), joint.predict(TEXTS, verbose=0))


def test_preset_round_trip_with_head(case, tmp_path):
    filled(case.name).save_to_preset(tmp_path)
    revived = getattr(nlpkit.models, case.family.generic).from_preset(tmp_path)
    assert type(revived) is case.cls
    assert_predicts_as(revived, case)


def test_saved_folder_opens_in_transformers(case, tmp_path):
    import transformers

    task, features = fill(case.build(preprocessor=None)), case.family.preprocess()
    task.save_to_preset(tmp_path)
    opened = getattr(transformers, case.family.hugging_face).from_pretrained(tmp_path)
    inputs = {name: x for name, x in features.items() if name in BERT.inputs}
    logits = BERT.reference_outputs(opened, inputs, {"logits": "logits"})["logits"]
    if "mask_positions" in features:
        logits = np.take_along_axis(logits, features["mask_positions"][..., None], axis=1)
    assert_close(task.predict_on_batch(features), logits)


def test_saved_as_keras_file(case, tmp_path):
    filled(case.name).save(tmp_path / "task.keras")
    assert_predicts_as(keras.saving.load_model(tmp_path / "task.keras"), case)


def test_compiles_only_if_it_is_to(case, tmp_path):
    task = case.build(compile=False)
    assert not task.compiled
    assert not task.get_compile_config()
    with pytest.raises(ValueError, match="compile"):
        task.fit(TEXTS, case.family.labels, verbose=0)
    task.save_to_preset(tmp_path)
    assert not case.cls.from_preset(tmp_path, compile=False).compiled
    assert case.cls.from_config(task.get_config()).compiled
    task.compile(optimizer=keras.optimizers.SGD(0.25), jit_compile=False)
    revived = case.build(compile=False)
    revived.compile_from_config(task.get_compile_config())
    assert float(revived.optimizer.learning_rate) == 0.25
    assert type(revived.loss) is keras.losses.SparseCategoricalCrossentropy
    for compiled in (task, revived):
        metrics = compiled._compile_metrics
        found = [*(metrics._user_metrics or ()), *(metrics._user_weighted_metrics or ())]
        assert [metric.name for metric in found] == ["accuracy"]


def test_scalar_is_refused(case):
    with pytest.raises(ValueError, match="batch"):
        case.build().predict(TEXTS[0])


def test_weights_have_stable_names(case):
    names = set(model_variables(case.build()))
    assert names == set(model_variables(case.build()))


@cache
def filled(name):
    """One task a case, so that what it predicts is compiled once."""
    (case,) = (case for case in CASES if case.name == name)
    return eager_on_tensorflow(fill(case.build()))


def eager_on_tensorflow(task):
    """Predicting without a graph, which would take longer to trace; `fit` has one above."""
    task.run_eagerly = keras.backend.backend() == "tensorflow"
    return task


def assert_predicts_as(revived, case):
    found = eager_on_tensorflow(revived).predict(TEXTS, verbose=0)
    assert_close(found, filled(case.name).predict(TEXTS, verbose=0), tolerance=1e-6)
