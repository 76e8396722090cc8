import numpy as np
import pytest
from keras import ops

from nlpkit.ops.rotary import (
    apply_rotary,
    dynamic_frequencies,
    inverse_frequencies,
    linear_frequencies,
    rotary_angles,
    yarn_attention_factor,
    yarn_frequencies,
)


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


def test_the_denominator_of_the_exponents_can_be_another():
    frequencies = inverse_frequencies(4, 10000, denominator_dim=8)
    np.testing.assert_allclose(frequencies, [1, 0.1], rtol=1e-7)


def test_linear_scaling_divides_all_frequencies():
    frequencies = linear_frequencies(6, 1000, 4.0)
    np.testing.assert_allclose(frequencies, [0.25, 0.025, 0.0025], rtol=1e-7)
    frequencies = linear_frequencies(4, 10000, 4.0, denominator_dim=8)
    np.testing.assert_allclose(frequencies, [0.25, 0.025], rtol=1e-7)


@pytest.mark.parametrize(("rotary_dim", "divisor"), [(2, 16), (4, 16), (6, 8), (10, 4**1.25)])
def test_dynamic_scaling_divides_all_frequencies_by_a_power(rotary_dim, divisor):
    frequencies = dynamic_frequencies(rotary_dim, 1000, 4.0)
    expected = 1000.0 ** (-np.arange(0, rotary_dim, 2) / rotary_dim) / divisor
    np.testing.assert_allclose(frequencies, expected, rtol=1e-7)


def test_the_power_of_dynamic_scaling_keeps_its_denominator():
    frequencies = dynamic_frequencies(4, 10000, 4.0, denominator_dim=8)
    np.testing.assert_allclose(frequencies, [1 / 16, 0.1 / 16], rtol=1e-7)


def yarn_reference(dim, base, factor, fast, slow, length, truncate):
    """Pair by pair, as the paper's authors describe it."""
    ends = [
        dim * np.log(length / (2 * np.pi * turns)) / (2 * np.log(base)) for turns in (fast, slow)
    ]
    low, high = [np.floor(ends[0]), np.ceil(ends[1])] if truncate else ends
    low, high = max(low, 0), min(high, dim - 1)
    frequencies = []
    for pair in range(dim // 2):
        frequency = base ** (-2 * pair / dim)
        share = 0 if pair < low else 1 if pair > high else (pair - low) / (high - low)
        frequencies.append((1 - share) * frequency + share * frequency / factor)
    return np.array(frequencies)


@pytest.mark.parametrize("truncate", [True, False])
@pytest.mark.parametrize(
    "arguments",
    [
        (128, 10000, 32.0, 32.0, 1.0, 4096),
        (64, 500000.0, 3.7, 20.5, 0.5, 8192),
        (8, 50, 2, 8.0, 0.5, 64),
        (8, 10000, 4.0, 32.0, 1.0, 60),  # the ramp would begin before the first pair
        (6, 10000, 40.0, 32.0, 1.0, 10**9),  # the ramp begins past the last pair
    ],
)
def test_yarn_equals_the_reference(arguments, truncate):
    frequencies = yarn_frequencies(*arguments, truncate)
    expected = yarn_reference(*arguments, truncate)
    np.testing.assert_allclose(frequencies, expected, rtol=1e-6)
    assert frequencies.dtype == np.float32


def test_yarn_slows_the_slow_pairs_only():
    # Over 200 pi positions the pairs make 100, 10, 1 and 0.1 turns.
    length, plain = 200 * np.pi, [1, 0.1, 0.01, 0.001]
    frequencies = yarn_frequencies(8, 10000, 4.0, 10.0, 1.0, length, truncate=False)
    np.testing.assert_allclose(frequencies / plain, [1, 1, 0.25, 0.25], rtol=1e-6)
    frequencies = yarn_frequencies(8, 10000, 4.0, 100.0, 1.0, length, truncate=False)
    np.testing.assert_allclose(frequencies / plain, [1, 0.625, 0.25, 0.25], rtol=1e-6)


def test_yarn_widens_the_ramp_to_whole_pairs():
    # The ramp from 0.5 to 2.5 becomes one from 0 to 3.
    arguments = (8, 10000, 4.0, 100 / 10**0.5, 100 / 10**2.5, 200 * np.pi)
    plain = [1, 0.1, 0.01, 0.001]
    widened = yarn_frequencies(*arguments)
    np.testing.assert_allclose(widened / plain, [1, 0.75, 0.5, 0.25], rtol=1e-6)
    fractional = yarn_frequencies(*arguments, truncate=False)
    np.testing.assert_allclose(fractional / plain, [1, 0.8125, 0.4375, 0.25], rtol=1e-6)


def test_a_ramp_without_length_is_a_step():
    frequencies = yarn_frequencies(8, 10000, 4.0, 3.0, 3.0, 200 * np.pi, truncate=False)
    np.testing.assert_allclose(frequencies, [1, 0.1, 0.0025, 0.00025], rtol=1e-6)


def test_yarn_without_scaling_is_the_plain_progression():
    np.testing.assert_allclose(yarn_frequencies(64, 10000, 1.0), inverse_frequencies(64, 10000))
    assert yarn_attention_factor(1.0) == 1


@pytest.mark.parametrize(
    ("factor", "expected"), [(np.e, 1.1), (40.0, 1.36888795), (0.5, 0.93068528)]
)
def test_attention_factor_of_yarn(factor, expected):
    assert yarn_attention_factor(factor) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("scaling_factor", 0),
        ("beta_fast", -1.0),
        ("beta_slow", 0.0),
        ("original_max_position_embeddings", 0),
        ("max_wavelength", 1),
    ],
)
def test_yarn_names_a_number_out_of_range(argument, value):
    arguments = {"rotary_dim": 8, "max_wavelength": 10000, "scaling_factor": 2.0, argument: value}
    with pytest.raises(ValueError, match=f"{argument}.*{value}"):
        yarn_frequencies(**arguments)


@pytest.mark.parametrize("scaled", [linear_frequencies, dynamic_frequencies])
def test_a_scaling_factor_that_is_not_positive_is_an_error(scaled):
    with pytest.raises(ValueError, match="scaling_factor=-2"):
        scaled(8, 10000, -2.0)
    with pytest.raises(ValueError, match="denominator_dim=0"):
        scaled(8, 10000, 2.0, denominator_dim=0)


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
    with pytest.raises(ValueError, match="8 features.*got 4"):
        rotate(np.zeros((1, 1, 1, 4), "float32"), [0], 8)
