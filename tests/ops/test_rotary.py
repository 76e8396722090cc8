import numpy as np
import pytest
from keras import ops

from nlpkit.ops.rotary import apply_rotary, inverse_frequencies, rotary_angles


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def rotate(x, positions, rotary_dim, layout="half", dtype="float32"):
    angles = rotary_angles(np.array(positions, "int32"), inverse_frequencies(rotary_dim, 10000))
    cos, sin = (ops.cast(f(angles), dtype) for f in (ops.cos, ops.sin))
    return apply_rotary(ops.convert_to_tensor(x), cos, sin, layout)


def test_frequencies_are_a_geometric_progression():
    frequencies = inverse_frequencies(6, 1000)
    np.testing.assert_allclose(frequencies, [1, 0.1, 0.01], rtol=1e-7)
    assert frequencies.dtype == np.float32


@pytest.mark.parametrize("rotary_dim", [0, 3, -2])
def test_an_impossible_number_of_features_is_an_error(rotary_dim):
    with pytest.raises(ValueError, match=f"rotary_dim={rotary_dim}"):
        inverse_frequencies(rotary_dim, 10000)


def test_angles_of_flat_positions_have_a_batch_of_one():
    angles = rotary_angles(np.array([0, 3], "int32"), np.array([1, 0.5], "float32"))
    np.testing.assert_allclose(ops.convert_to_numpy(angles), [[[0, 0], [3, 1.5]]])


def test_late_angles_are_exact():
    angles = rotary_angles(np.array([1_000_003], "int32"), np.array([1.0], "float32"))
    assert ops.convert_to_numpy(angles).item() == 1_000_003


def test_the_layouts_are_one_rotation_in_different_orders(rng):
    x = rng.normal(size=(2, 4, 3, 8)).astype("float32")
    order = [0, 4, 1, 5, 2, 6, 3, 7]  # from halves to neighbours
    half = ops.convert_to_numpy(rotate(x, range(4), 8))
    interleaved = rotate(x[..., order], range(4), 8, layout="interleaved")
    np.testing.assert_allclose(half[..., order], ops.convert_to_numpy(interleaved), atol=1e-6)


@pytest.mark.parametrize("layout", ["half", "interleaved"])
def test_products_depend_on_distance_only(rng, layout):
    query, key = rng.normal(size=(2, 1, 1, 1, 8)).astype("float32")
    products = [
        np.sum(
            ops.convert_to_numpy(rotate(query, [7 + shift], 8, layout))
            * ops.convert_to_numpy(rotate(key, [3 + shift], 8, layout))
        )
        for shift in (0, 1, 90)
    ]
    np.testing.assert_allclose(products, products[0], rtol=1e-4)


def test_features_past_the_rotated_ones_pass_through(rng):
    x = rng.normal(size=(1, 3, 2, 8)).astype("float32")
    outputs = ops.convert_to_numpy(rotate(x, range(3), 4))
    alone = ops.convert_to_numpy(rotate(x[..., :4], range(3), 4))
    np.testing.assert_array_equal(outputs[..., 4:], x[..., 4:])
    np.testing.assert_array_equal(outputs[..., :4], alone)


def test_the_tables_decide_the_dtype_of_the_rotation(rng):
    x = rng.normal(size=(1, 64, 1, 8)).astype("float16")
    precise = ops.convert_to_numpy(rotate(x, range(64), 8, dtype="float32"))
    expected = ops.convert_to_numpy(rotate(x.astype("float32"), range(64), 8))
    assert precise.dtype == np.float16
    np.testing.assert_array_equal(precise, expected.astype("float16"))


def test_an_unknown_layout_is_an_error():
    with pytest.raises(ValueError, match="layout='halves'"):
        rotate(np.zeros((1, 1, 1, 4), "float32"), [0], 4, layout="halves")


def test_too_few_features_are_an_error():
    with pytest.raises(ValueError, match="8 features.*has 4"):
        rotate(np.zeros((1, 1, 1, 4), "float32"), [0], 8)
