import math

import numpy as np
import pytest
from keras import ops

from nlpkit.layers.modeling.sine_position_encoding import SinePositionEncoding


def encoding(position: int, feature: int, dim: int, max_wavelength: float) -> float:
    angle = position * max_wavelength ** (-2 * (feature // 2) / dim)
    return math.cos(angle) if feature % 2 else math.sin(angle)


@pytest.mark.parametrize("dim", [6, 7])
def test_sines_and_cosines_of_geometric_wavelengths(dim):
    layer = SinePositionEncoding(max_wavelength=500)
    outputs = ops.convert_to_numpy(layer(np.zeros((2, 5, dim), "float32")))
    expected = [[encoding(p, i, dim, 500) for i in range(dim)] for p in range(5)]
    np.testing.assert_allclose(outputs, np.stack([expected] * 2), atol=1e-6)


def test_known_values():
    outputs = SinePositionEncoding()(np.zeros((1, 2, 4), "float32"))
    expected = [[0.0, 1.0, 0.0, 1.0], [0.84147098, 0.54030231, 0.00999983, 0.99995000]]
    np.testing.assert_allclose(ops.convert_to_numpy(outputs)[0], expected, atol=1e-7)


def test_start_index_and_positions_agree():
    layer, inputs = SinePositionEncoding(), np.zeros((2, 3, 8), "float32")
    shifted = ops.convert_to_numpy(layer(inputs, start_index=7))
    by_row = layer(inputs, positions=np.array([[7, 8, 9], [7, 8, 9]], "int32"))
    flat = layer(inputs, positions=np.array([7, 8, 9], "int32"))
    np.testing.assert_array_equal(shifted, ops.convert_to_numpy(by_row))
    np.testing.assert_array_equal(shifted, ops.convert_to_numpy(flat))
    assert not np.allclose(shifted, ops.convert_to_numpy(layer(inputs)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_late_positions_stay_apart_in_half_precision(dtype):
    positions = np.array([4000, 4001], "int32")
    outputs = SinePositionEncoding(dtype=dtype)(np.zeros((1, 2, 4)), positions=positions)
    outputs = ops.convert_to_numpy(ops.cast(outputs, "float32"))[0]
    expected = [[encoding(p, i, 4, 10000) for i in range(4)] for p in positions]
    np.testing.assert_allclose(outputs, expected, atol=5e-3)
