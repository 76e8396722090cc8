import numpy as np
import pytest
from keras import ops

from nlpkit.layers.modeling.rotary_embedding import RotaryEmbedding

ORDER = (
    "max_wavelength",
    "scaling_factor",
    "rope_type",
    "beta_fast",
    "beta_slow",
    "original_max_position_embeddings",
    "truncate",
    "sequence_axis",
    "feature_axis",
    "denominator_dim",
)


def rotated(x: np.ndarray, position: int, max_wavelength: float = 10000) -> np.ndarray:
    """One vector, its halves taken as the parts of complex numbers."""
    half = len(x) // 2
    angles = position * max_wavelength ** (-np.arange(half) / half)
    turned = (x[:half] + 1j * x[half:]) * np.exp(1j * angles)
    return np.concatenate([turned.real, turned.imag])


@pytest.fixture
def x(rng) -> np.ndarray:
    return rng.normal(size=(2, 5, 3, 8)).astype("float32")  # batch, seq, heads, dim


def test_each_pair_turns_by_its_angle(x):
    outputs = ops.convert_to_numpy(RotaryEmbedding(max_wavelength=50)(x))
    for index in np.ndindex(2, 5, 3):
        np.testing.assert_allclose(outputs[index], rotated(x[index], index[1], 50), atol=1e-5)


def test_known_values():
    outputs = RotaryEmbedding()(np.array([[[1.0, 0.0], [1.0, 0.0]]], "float32"))
    expected = [[1.0, 0.0], [0.54030231, 0.84147098]]
    np.testing.assert_allclose(ops.convert_to_numpy(outputs)[0], expected, atol=1e-7)


def test_scaling_factor_divides_the_positions(x):
    outputs = ops.convert_to_numpy(RotaryEmbedding(scaling_factor=2)(x))
    np.testing.assert_allclose(outputs[0, 4, 0], rotated(x[0, 4, 0], 2), atol=1e-5)


def test_dynamic_scaling_divides_the_positions_by_a_power(x):
    outputs = ops.convert_to_numpy(RotaryEmbedding(scaling_factor=8.0, rope_type="dynamic")(x))
    np.testing.assert_allclose(outputs[0, 4, 0], rotated(x[0, 4, 0], 4 / 16), atol=1e-5)


def test_yarn_turns_slow_pairs_less_and_lengthens_all():
    layer = RotaryEmbedding(
        max_wavelength=100,
        scaling_factor=3.5,
        rope_type="yarn",
        beta_fast=314 / np.pi / 10**0.5,
        beta_slow=3.14 / np.pi,
        original_max_position_embeddings=628,
        truncate=False,
    )
    # Pairs of 314 / pi and 31.4 / pi turns: the ramp goes from 0.5 to 2, pair 1 is a third in.
    x = np.array([[[1.0, 1.0, 0.0, 0.0]]], "float32")
    outputs = ops.convert_to_numpy(layer(x, start_index=7))[0, 0]
    angles = 7 * np.array([1, 0.1 * (2 + 1 / 3.5) / 3])
    expected = (1 + 0.1 * np.log(3.5)) * np.concatenate([np.cos(angles), np.sin(angles)])
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


@pytest.mark.parametrize("rope_type", ["linear", "dynamic", "yarn"])
def test_a_scaling_factor_of_one_scales_nothing(x, rope_type):
    expected = ops.convert_to_numpy(RotaryEmbedding()(x))
    outputs = ops.convert_to_numpy(RotaryEmbedding(rope_type=rope_type)(x))
    np.testing.assert_allclose(outputs, expected, atol=1e-6)


@pytest.mark.parametrize("rope_type", ["linear", "dynamic"])
def test_a_part_of_a_head_turns_as_in_the_whole(x, rope_type):
    layer = RotaryEmbedding(rope_type=rope_type, denominator_dim=32)
    outputs = ops.convert_to_numpy(layer(x))
    expected = rotated(x[0, 3, 1], 3, max_wavelength=10000 ** (8 / 32))
    np.testing.assert_allclose(outputs[0, 3, 1], expected, atol=1e-5)


def test_arguments_by_position():
    layer = RotaryEmbedding(50, 2.0, "yarn", 16.0, 0.5, 64, False, 2, 1, 12)
    config = layer.get_config()
    assert [config[name] for name in ORDER] == [50, 2.0, "yarn", 16.0, 0.5, 64, False, 2, 1, 12]
    assert RotaryEmbedding.from_config(config).get_config() == config


def test_an_unknown_rope_type_is_an_error():
    with pytest.raises(ValueError, match="'linear', 'dynamic', 'yarn'; got rope_type='llama3'"):
        RotaryEmbedding(rope_type="llama3")


def test_start_index_and_positions_agree(x):
    shifted = ops.convert_to_numpy(RotaryEmbedding()(x, start_index=9))
    positions = np.arange(9, 14, dtype="int32")
    by_row = RotaryEmbedding()(x, positions=np.stack([positions, positions]))
    np.testing.assert_allclose(shifted[1, 2, 1], rotated(x[1, 2, 1], 11), atol=1e-5)
    np.testing.assert_array_equal(shifted, ops.convert_to_numpy(by_row))
    flat = RotaryEmbedding()(x, positions=positions)
    np.testing.assert_array_equal(shifted, ops.convert_to_numpy(flat))


def test_each_row_has_its_own_positions(x):
    positions = np.array([[0, 1, 2, 3, 4], [7, 0, 0, 2, 1]], "int32")
    outputs = ops.convert_to_numpy(RotaryEmbedding()(x, positions=positions))
    np.testing.assert_allclose(outputs[1, 0, 2], rotated(x[1, 0, 2], 7), atol=1e-5)


@pytest.mark.parametrize("axes", [(2, -1), (-2, 3), (3, 1), (1, 2)])
def test_axes_can_be_anywhere_after_the_batch(x, axes):
    sequence, feature = axes
    expected = ops.convert_to_numpy(RotaryEmbedding()(x))
    moved = np.moveaxis(x, (1, 3), axes)
    outputs = RotaryEmbedding(sequence_axis=sequence, feature_axis=feature)(moved)
    outputs = np.moveaxis(ops.convert_to_numpy(outputs), axes, (1, 3))
    np.testing.assert_allclose(outputs, expected, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_angles_are_exact_in_half_precision(dtype):
    x = np.array([[[1.0, 0.0]]], "float32")
    outputs = RotaryEmbedding(dtype=dtype)(x, start_index=4001)
    expected = [[[np.cos(4001), np.sin(4001)]]]
    outputs = ops.convert_to_numpy(ops.cast(outputs, "float32"))
    np.testing.assert_allclose(outputs, expected, atol=5e-3)


def test_an_odd_number_of_features_is_an_error():
    with pytest.raises(ValueError, match="rotary_dim=7"):
        RotaryEmbedding()(np.zeros((1, 2, 7), "float32"))


@pytest.mark.parametrize("axes", [(1, 1), (0, -1), (4, -1), (-4, -1)])
def test_axes_that_the_inputs_lack_are_an_error(axes):
    layer = RotaryEmbedding(sequence_axis=axes[0], feature_axis=axes[1])
    with pytest.raises(ValueError, match=f"sequence_axis={axes[0]}, feature_axis={axes[1]}"):
        layer(np.zeros((1, 2, 4), "float32"))
