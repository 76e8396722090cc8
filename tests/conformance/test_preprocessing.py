"""What holds for every layer on ids."""

import keras
import numpy as np
import pytest

from conformance.cases.preprocessing import PREPROCESSING_LAYERS

CASES = [v for case in PREPROCESSING_LAYERS for v in case.variants() if "defaults" not in v.name]


def test_a_float_dtype_does_not_round_ids(case):
    for output in keras.tree.flatten(case.build(dtype="bfloat16")(**case.inputs)):
        assert "bfloat16" not in str(getattr(output, "dtype", "")), output


def test_saved_as_keras_file(case, tmp_path):
    layer = case.build()
    keras.saving.save_model(layer, tmp_path / "layer.keras")
    revived = keras.saving.load_model(tmp_path / "layer.keras")
    assert lists(revived(*case.inputs.values())) == lists(case.build()(*case.inputs.values()))


def test_python_equals_tf_data(case):
    tf = pytest.importorskip("tensorflow")
    expected = lists(case.build()(*case.inputs.values()))
    inputs = to_tensors(tf, *case.inputs.values())
    count = len(expected[0])
    dataset = tf.data.Dataset.from_tensor_slices((inputs,)).batch(count)
    (result,) = dataset.map(case.build())
    assert lists(result) == expected


def test_outputs_are_plain_outside_tf_data(case):
    outputs = keras.tree.flatten(case.build()(*case.inputs.values()))
    assert all(isinstance(x, int | np.generic | np.ndarray) for x in outputs)


def to_tensors(tf, inputs):
    """Ids of a batch, or a tuple of such, as TensorFlow's tensors."""
    if isinstance(inputs, tuple):
        return tuple(to_tensors(tf, segment) for segment in inputs)
    dense = isinstance(inputs, np.ndarray)
    return tf.constant(inputs) if dense else tf.ragged.constant(inputs)


def lists(result):
    """The parts of a result, each as nested lists."""
    if isinstance(result, dict):
        result = tuple(result[name] for name in sorted(result))
    parts = result if isinstance(result, tuple) else (result,)
    return [_list(part) for part in parts]


def _list(part):
    if hasattr(part, "to_list"):
        return part.to_list()
    if isinstance(part, list):
        return [np.asarray(row).tolist() for row in part]
    return np.asarray(part).tolist()
