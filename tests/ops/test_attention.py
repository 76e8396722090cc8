"""Attention against NumPy: the kernel and the stepwise form, feature by feature."""

import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.ops import backend
from nlpkit.ops.attention import attend, attend_with_weights, prepare_mask

_RNG = np.random.default_rng(0)
# More queries than go by single steps.
B, T, S, H, G, D = 2, 18, 20, 4, 2, 8
QUERY = _RNG.normal(size=(B, T, H, D)).astype("float32")
KEY, VALUE = (_RNG.normal(size=(B, S, H, D)).astype("float32") for _ in range(2))
MASK = _RNG.random((B, T, S)) < 0.6
MASK[:, :, 0] = True
BIAS = _RNG.normal(size=(B, H, T, S)).astype("float32")
HALF_TOLERANCE = {"float16": 2e-3, "bfloat16": 2e-2}

FEATURES = {
    "plain": {},
    "mask": {"mask": MASK},
    "mask for all queries": {"mask": MASK[:, :1]},
    "mask for the whole batch": {"mask": MASK[:1]},
    "bias": {"bias": BIAS},
    "bias for all heads": {"bias": BIAS[:1, :1]},
    "mask and bias": {"mask": MASK, "bias": BIAS},
    "soft cap": {"soft_cap": 0.7},
    "all": {"mask": MASK, "bias": BIAS, "soft_cap": 0.7},
}
every_feature = pytest.mark.parametrize("features", FEATURES.values(), ids=FEATURES)


def expected(query, key, value, *, scale, mask=None, bias=0.0, soft_cap=None):
    """The formula of `attend`; also the weights."""
    key, value = (np.repeat(x, query.shape[2] // x.shape[2], axis=2) for x in (key, value))
    products = scale * np.einsum("bthd,bshd->bhts", query, key)
    if soft_cap is not None:
        products = soft_cap * np.tanh(products / soft_cap)
    products = products + bias
    if mask is not None:
        products = np.where(mask[:, None], products, -1e30)
    weights = np.exp(products - products.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return np.einsum("bhts,bshd->bthd", weights, value), weights


def computed(function, *tensors, dtype="float32", **arguments):
    query, key, value = (ops.convert_to_tensor(x, dtype=dtype) for x in tensors)
    given = {
        name: ops.convert_to_tensor(x) if isinstance(x, np.ndarray) else x
        for name, x in arguments.items()
    }
    results = function(query, key, value, **given)
    results = results if isinstance(results, tuple) else (results,)
    assert all(keras.backend.standardize_dtype(x.dtype) == dtype for x in results)
    return [ops.convert_to_numpy(ops.cast(x, "float32")) for x in results]


@every_feature
def test_attend_is_the_formula(features):
    tensors = (QUERY, KEY[:, :, :G], VALUE[:, :, :G])
    (actual,) = computed(attend, *tensors, scale=0.3, **features)
    np.testing.assert_allclose(actual, expected(*tensors, scale=0.3, **features)[0], atol=1e-5)


@every_feature
def test_one_head_may_serve_all(features):
    tensors = (QUERY, KEY[:, :, :1], VALUE[:, :, :1])
    (actual,) = computed(attend, *tensors, scale=0.3, **features)
    np.testing.assert_allclose(actual, expected(*tensors, scale=0.3, **features)[0], atol=1e-5)


@every_feature
def test_weights_are_those_of_the_formula(features):
    tensors = (QUERY, KEY[:, :, :G], VALUE[:, :, :G])
    actual = computed(attend_with_weights, *tensors, scale=0.3, **features)
    for left, right in zip(actual, expected(*tensors, scale=0.3, **features), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)


@pytest.mark.parametrize("dtype", HALF_TOLERANCE)
def test_half_precision_is_close(dtype):
    tensors = (QUERY, KEY, VALUE)
    arguments = {"scale": 0.3, "mask": MASK, "bias": BIAS}
    (actual,) = computed(attend, *tensors, dtype=dtype, **arguments)
    tolerance = 4 * HALF_TOLERANCE[dtype]
    np.testing.assert_allclose(actual, expected(*tensors, **arguments)[0], atol=tolerance)


@pytest.mark.parametrize("dtype", HALF_TOLERANCE)
def test_half_precision_compiles(dtype):
    def attend_to_itself(x):
        return attend(x, x, x, scale=0.3)

    inputs = keras.Input((S, H, D), dtype=dtype)
    model = keras.Model(inputs, keras.layers.Lambda(attend_to_itself, dtype=dtype)(inputs))
    tensor = ops.convert_to_tensor(KEY, dtype=dtype)
    actual = model.predict(tensor, verbose=0).astype("float32")
    wanted = ops.convert_to_numpy(ops.cast(attend_to_itself(tensor), "float32"))
    np.testing.assert_allclose(actual, wanted, atol=HALF_TOLERANCE[dtype])


@pytest.mark.filterwarnings("error::UserWarning")
def test_a_single_key_gets_all_the_weight():
    tensors = QUERY, KEY[:, :1], VALUE[:, :1]
    attended, weights = computed(attend_with_weights, *tensors, scale=0.3, soft_cap=0.7)
    np.testing.assert_array_equal(weights, np.ones((B, H, T, 1)))
    np.testing.assert_allclose(attended, np.repeat(VALUE[:, :1], T, axis=1), rtol=1e-6)


@pytest.mark.parametrize("function", [attend, attend_with_weights])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_row_masked_as_a_whole_gets_the_mean(function, dtype):
    mask = MASK.copy()
    mask[0, 1] = False
    actual = computed(function, QUERY, KEY, VALUE, dtype=dtype, scale=0.3, mask=mask)[0]
    assert np.isfinite(actual).all()
    if keras.backend.backend() != "torch" or dtype != "float16":
        tolerance = HALF_TOLERANCE.get(dtype, 1e-5)
        np.testing.assert_allclose(actual[0, 1], VALUE[0].mean(0), atol=tolerance)


@pytest.mark.parametrize("function", [attend, attend_with_weights])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_prepared_mask_is_the_mask(function, dtype):
    prepared = prepare_mask(ops.convert_to_tensor(MASK), dtype)
    arguments = {"scale": 0.3, "bias": BIAS, "dtype": dtype}
    actual = computed(function, QUERY, KEY, VALUE, mask=prepared, **arguments)
    wanted = computed(function, QUERY, KEY, VALUE, mask=MASK, **arguments)
    for left, right in zip(actual, wanted, strict=True):
        np.testing.assert_allclose(left, right, atol=HALF_TOLERANCE.get(dtype, 1e-6))


def test_no_mask_stays_none():
    assert prepare_mask(None, "float32") is None


@pytest.mark.parametrize("function", [attend, attend_with_weights])
def test_dropout_drops_that_part_of_the_weights_and_scales_the_rest(function):
    # Two equal keys with values 1 and 0: the output is 0, or 1 / 2 scaled by 1 / 0.75.
    ones = np.ones((2, 2, 10, 8), "float32")
    queries, values = np.ones((2, 50, 10, 8), "float32"), ones * [[[[1]], [[0]]]]
    arguments = {"scale": 1.0, "dropout": 0.25, "seed": keras.random.SeedGenerator(0)}
    runs = [computed(function, queries, ones, values, **arguments) for _ in range(2)]
    first, second = (outputs[..., 0] for outputs, *_ in runs)
    np.testing.assert_allclose(np.unique(first.round(4)), [0.0, 0.6667])
    assert 0.2 < np.mean(first == 0) < 0.3
    assert not np.array_equal(first, second)
    for weights in (weights for _, *returned in runs for weights in returned):
        np.testing.assert_allclose(weights, 0.5, rtol=1e-6)


@pytest.mark.parametrize(
    ("queries", "dropout", "fast_on"),
    [
        (17, 0.0, {"jax", "torch", "tensorflow"}),
        (None, 0.0, {"jax", "torch", "tensorflow"}),
        (16, 0.0, {"torch"}),
        (17, 0.1, {"torch"}),
    ],
)
def test_the_fast_kernel_is_chosen_by_features(queries, dropout, fast_on):
    query, key = (keras.KerasTensor((2, length, H, D)) for length in (queries, S))
    fuses = backend.fuses_attention(query, key, dropout)
    assert fuses == (keras.backend.backend() in fast_on)


@pytest.mark.parametrize("feature", [{"soft_cap": 5.0}, {"sinks": np.zeros(H, "float32")}])
def test_the_fast_kernel_is_left_where_it_lacks_a_feature(feature, monkeypatch):
    monkeypatch.setattr(backend, "fuses_attention", lambda *_: True)
    monkeypatch.setattr(backend, "fused_attention", lambda *_, **__: pytest.fail("asked for"))
    query = ops.ones((1, 2, H, D))
    attend(query, query, query, scale=1.0, **feature)
    with pytest.raises(pytest.fail.Exception, match="asked for"):
        attend(query, query, query, scale=1.0)
