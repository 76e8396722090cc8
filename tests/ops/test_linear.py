"""The affine map by the product of the running backend."""

import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.ops import backend

RNG = np.random.default_rng(0)
KERNEL, BIAS = (RNG.normal(size=shape).astype("float32") for shape in ((12, 7), (7,)))
SHAPES = [(12,), (3, 12), (2, 5, 12), (2, 1, 5, 12), (0, 12), (2, 0, 12)]


def inputs_of(shape):
    return RNG.normal(size=shape).astype("float32")


@pytest.mark.parametrize("bias", [None, BIAS], ids=["plain", "bias"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_is_the_affine_map(shape, bias):
    x = inputs_of(shape)
    given = (None if a is None else ops.convert_to_tensor(a) for a in (x, KERNEL, bias))
    found = ops.convert_to_numpy(backend.linear(*given))
    np.testing.assert_allclose(found, x @ KERNEL + (0 if bias is None else bias), atol=1e-5)


def test_dtypes_are_promoted_as_keras_does():
    x, kernel = ops.ones((2, 3, 12), "bfloat16"), ops.ones((12, 7), "float32")
    if keras.backend.backend() == "torch":
        pytest.skip("layers cast for PyTorch, whose products take one dtype")
    assert keras.backend.standardize_dtype(backend.linear(x, kernel).dtype) == "float32"


@pytest.mark.parametrize("unknown", [(0,), (1,), (0, 1)], ids=str)
def test_sizes_that_are_known_are_known_of_the_outputs(unknown):
    tf = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("other backends know all sizes")
    x = inputs_of((2, 5, 12))
    shape = [None if axis in unknown else size for axis, size in enumerate(x.shape)]
    signature = [tf.TensorSpec(shape, "float32")]
    traced = tf.function(lambda x: backend.linear(x, tf.constant(KERNEL)), signature)
    outputs = traced.get_concrete_function().structured_outputs
    assert outputs.shape.as_list() == [*shape[:2], 7]
    np.testing.assert_allclose(traced(x), x @ KERNEL, atol=1e-5)


def test_gradients_are_those_of_the_formula():
    """Of a sum, which each entry of the outputs enters once."""
    x = inputs_of((2, 5, 12))
    model = keras.Sequential([keras.Input((5, 12)), Product()])
    model.compile(keras.optimizers.SGD(1.0), lambda _, y: ops.sum(y, axis=(1, 2)))
    before = model.get_weights()
    model.train_on_batch(x, np.zeros((2, 5, 7)))
    steps = [left - right for left, right in zip(before, model.get_weights(), strict=True)]
    summed = x.sum((0, 1))[:, None].repeat(7, 1)
    for step, expected in zip(steps, (summed, np.full(7, 10.0)), strict=True):
        np.testing.assert_allclose(step, expected / len(x), atol=1e-4)


class Product(keras.layers.Layer):
    """A layer that is the product alone."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 7))
        self.bias = self.add_weight(shape=(7,))

    def call(self, x):
        return backend.linear(x, *map(ops.convert_to_tensor, (self.kernel, self.bias)))
