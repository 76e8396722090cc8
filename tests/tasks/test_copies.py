"""Copies of tasks: pickled, deep-copied, cloned, rebuilt from their configuration."""

import copy
import pickle
import warnings

import keras
import numpy as np
import pytest
from tasks.miniature import TEXTS, backbone, classifier, masked_lm

COPIES = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "deepcopy": copy.deepcopy,
    "clone": keras.models.clone_model,
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_of_a_frozen_task_takes_strings_and_is_frozen(how):
    task = classifier()
    task.backbone.trainable = False
    task.compile(optimizer=keras.optimizers.SGD(0.25))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # Of an optimizer that has not begun, say.
        made = COPIES[how](task)
    assert type(made) is type(task)
    assert float(made.optimizer.learning_rate) == 0.25
    assert len(made.trainable_weights) == 2
    made.set_weights(task.get_weights())
    np.testing.assert_array_equal(made.predict(TEXTS, verbose=0), task.predict(TEXTS, verbose=0))


@pytest.mark.parametrize("make", [masked_lm, backbone])
def test_a_clone_has_the_weights_of_its_own_that_the_model_has(make):
    model = make()
    clone = keras.models.clone_model(model)
    assert type(clone) is type(model)
    assert [w.path for w in clone.weights] == [w.path for w in model.weights]
    assert not {id(w) for w in clone.weights} & {id(w) for w in model.weights}


def test_other_models_are_cloned_by_keras():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    assert type(keras.models.clone_model(model)) is keras.Sequential


def test_loading_without_compiling(tmp_path):
    task = classifier()
    task.save(tmp_path / "task.keras")
    assert keras.saving.load_model(tmp_path / "task.keras").compiled
    assert not keras.saving.load_model(tmp_path / "task.keras", compile=False).compiled


def test_a_model_of_a_tasks_features_is_saved(tmp_path):
    task = classifier()
    features = keras.Model(task.input, task.get_layer("dropout").output)
    features.save(tmp_path / "features.keras")
    opened = keras.saving.load_model(tmp_path / "features.keras")
    for weight, expected in zip(opened.weights, features.weights, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (weight, expected)))
