"""A model that is no longer used leaves nothing behind: notebooks and sweeps build many."""

import gc
import sys
import weakref

import keras
import numpy as np
import pytest
from tasks.miniature import TEXTS, classifier

from nlpkit.models import MixtralBackbone

IDS = np.ones((2, 6), "int32")


def used_classifier():
    task = classifier()
    task.predict(TEXTS)
    return task


def used_mixture():
    """Without SiLU, whose graphs TensorFlow keeps."""
    model = MixtralBackbone(9, 1, 2, 8, 8, 1, num_experts=2, activation="gelu")
    model.predict({"token_ids": IDS, "padding_mask": IDS == 1}, verbose=0)
    return model


def number_of_graphs():
    """Of TensorFlow's functions, which hold their constants and variables."""
    if keras.backend.backend() != "tensorflow":
        return 0
    func_graph = sys.modules["tensorflow.python.framework.func_graph"].FuncGraph
    return sum(isinstance(thing, func_graph) for thing in gc.get_objects())


@pytest.mark.parametrize("use", [used_classifier, used_mixture])
def test_a_model_that_is_gone_leaves_nothing(use):
    gc.collect()
    before = number_of_graphs()
    model = weakref.ref(use())
    gc.collect()
    assert model() is None
    assert number_of_graphs() == before
