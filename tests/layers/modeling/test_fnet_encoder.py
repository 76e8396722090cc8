import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.layers.modeling.fnet_encoder import FNetEncoder


def normalized(x: np.ndarray, epsilon: float) -> np.ndarray:
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon)


def encoded(x: np.ndarray, weights: dict[str, np.ndarray], epsilon: float) -> np.ndarray:
    """The whole layer in NumPy, with norms that start as the identity."""
    mixed = normalized(x + np.fft.fft2(x).real, epsilon)
    hidden = np.tanh(mixed @ weights["intermediate_dense/kernel"])
    return normalized(mixed + hidden @ weights["output_dense/kernel"], epsilon)


def kernels(layer: FNetEncoder) -> dict[str, np.ndarray]:
    return {"/".join(w.path.split("/")[-2:]): ops.convert_to_numpy(w) for w in layer.weights}


def test_mixing_then_feed_forward(rng):
    x = rng.normal(size=(2, 7, 4)).astype("float32")
    layer = FNetEncoder(intermediate_dim=5, activation="tanh", layer_norm_epsilon=0.1)
    outputs = ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(outputs, encoded(x, kernels(layer), 0.1), atol=1e-5)


def test_kernels_start_differently_from_one_initializer():
    layer = FNetEncoder(4, kernel_initializer=keras.initializers.RandomNormal())
    layer.build((None, None, 4))
    intermediate, output = (w for name, w in kernels(layer).items() if name.endswith("kernel"))
    assert not np.allclose(intermediate, output)


def test_dropout_in_training_only(rng):
    x = rng.normal(size=(2, 7, 4)).astype("float32")
    layer = FNetEncoder(intermediate_dim=5, dropout=0.5)
    evaluated = [ops.convert_to_numpy(layer(x)) for _ in range(2)]
    trained = ops.convert_to_numpy(layer(x, training=True))
    np.testing.assert_array_equal(*evaluated)
    assert not np.allclose(trained, evaluated[0])


@pytest.mark.parametrize("policy", ["mixed_float16", "float16"])
def test_the_lowest_frequency_does_not_overflow_in_half_precision(policy):
    x = np.full((1, 128, 64), 20.0, "float32")  # sums to 164,000; float16 ends at 65,504
    outputs = ops.convert_to_numpy(FNetEncoder(4, dtype=policy)(x))
    assert np.isfinite(outputs).all()
