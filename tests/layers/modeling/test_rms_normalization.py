import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.layers.modeling.rms_normalization import RMSNormalization
from nlpkit.modules import normalization


def test_vectors_are_divided_by_their_root_mean_square(rng):
    x, scale = rng.normal(size=(2, 3, 8)).astype("float32"), rng.normal(size=8)
    layer = RMSNormalization(epsilon=0.1)
    layer.build(x.shape)
    layer.scale.assign(scale)
    expected = x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 0.1) * scale
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x)), expected, atol=1e-6)


@pytest.mark.parametrize("axis", [2, [-1, -2]])
def test_last_axes(rng, axis):
    x = rng.normal(size=(2, 3, 8)).astype("float32")
    layer = RMSNormalization(axis=axis)
    axes = axis if isinstance(axis, int) else tuple(axis)
    expected = x / np.sqrt(np.mean(x**2, axis=axes, keepdims=True) + 1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x)), expected, atol=1e-6)
    assert layer.get_config()["axis"] == axis


def test_other_axes_are_an_error():
    with pytest.raises(ValueError, match="axis=1 "):
        RMSNormalization(axis=1)(np.zeros((2, 3, 8), "float32"))


def test_large_values_do_not_overflow_in_half_precision():
    outputs = RMSNormalization(dtype="float16")(np.full((1, 8), 30000, "float16"))
    np.testing.assert_array_equal(ops.convert_to_numpy(outputs), np.ones((1, 8), "float16"))


def test_input_dim_builds_the_layer_at_once():
    assert RMSNormalization(8).scale.shape == (8,)


def test_inputs_of_another_size_are_an_error():
    with pytest.raises(ValueError, match="8"):
        RMSNormalization(8)(np.zeros((1, 9), "float32"))


def test_input_dim_goes_with_the_last_axis_only():
    with pytest.raises(ValueError, match="axis=1"):
        RMSNormalization(8, axis=1)


def test_the_layer_of_backbones_has_the_name_that_files_give_its_weights():
    private = normalization.RMSNormalization
    assert private.__name__ == RMSNormalization.__name__
    for cls, name in ((private, "nlpkit>RMSNorm"), (RMSNormalization, "nlpkit>RMSNormalization")):
        assert keras.saving.get_registered_name(cls) == name
        assert keras.saving.get_registered_object(name) is cls
