"""Rounding to bfloat16."""

import keras
import ml_dtypes
import numpy as np

from nlpkit.ops.bfloat16 import round_to_bfloat16


def test_numbers_are_rounded_as_by_a_cast():
    x = np.concatenate([np.arange(2000), np.random.default_rng(0).normal(size=500), [1e30, -1e-30]])
    x = x.astype("float32")
    expected = x.astype(ml_dtypes.bfloat16).astype("float32")
    assert (expected != x).any()
    rounded = keras.ops.convert_to_numpy(round_to_bfloat16(keras.ops.convert_to_tensor(x)))
    np.testing.assert_array_equal(rounded, expected)


def test_a_compiled_function_rounds_too():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Lambda(round_to_bfloat16)(inputs * 1.0))
    x = np.array([[257.0, 0.8409, 259.0]], "float32")
    expected = x.astype(ml_dtypes.bfloat16).astype("float32")
    np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
