"""Models built without initial values."""

import keras
import numpy as np
import pytest

from nlpkit.presets.loading.deferred import (
    deferred_initialization,
    immediate_initialization,
    initialize,
    initialize_rest,
)


def build(units: int = 3) -> keras.Model:
    inputs = keras.Input((2,))
    hidden = keras.layers.Dropout(0.5)(inputs)
    return keras.Model(inputs, keras.layers.Dense(units)(hidden))


def test_variables_get_the_values_they_are_given():
    with deferred_initialization():
        model = build()
    kernel, bias = model.weights
    assert kernel._value is None
    assert bias._value is None
    initialize(kernel, np.full((2, 3), 2.0, "float32"))
    initialize_rest(model.variables)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(np.ones((1, 2)))), [[4.0] * 3])
    initialize(kernel, np.zeros((2, 3), "float32"))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(np.ones((1, 2)))), [[0.0] * 3])


def test_values_are_cast_to_the_dtype_of_the_variable():
    with deferred_initialization():
        layer = keras.layers.Dense(2, dtype="bfloat16")
        layer.build((None, 2))
    initialize(layer.kernel, np.full((2, 2), 1.5, layer.kernel.dtype))
    assert keras.backend.standardize_dtype(layer.kernel.dtype) == "bfloat16"
    np.testing.assert_array_equal(np.array(layer.kernel, "float32"), np.full((2, 2), 1.5))


def test_a_deferred_model_trains():
    with deferred_initialization():
        model = build()
        with immediate_initialization():
            model.compile("adam", "mse")
    initialize_rest(model.variables)
    before = [np.array(weight) for weight in model.weights]
    model.fit(np.ones((4, 2)), np.ones((4, 3)), verbose=0)
    assert all((np.array(w) != b).any() for w, b in zip(model.weights, before, strict=True))


def test_what_is_built_next_is_initialized_as_ever():
    with deferred_initialization():
        first = build()
    second = build(4)
    assert all(weight._value is not None for weight in second.weights)
    assert all(weight._value is None for weight in first.weights)
    with pytest.raises(RuntimeError), deferred_initialization():
        raise RuntimeError
    assert build().weights[0]._value is not None
