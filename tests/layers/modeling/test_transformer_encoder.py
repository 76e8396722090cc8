import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.layers import TransformerEncoder

HIDDEN = np.random.default_rng(1).normal(size=(2, 6, 8)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]], bool)
SMALL = {"intermediate_dim": 16, "num_heads": 2}


@pytest.fixture(scope="module")
def encoder():
    return build(TransformerEncoder(**SMALL, bias_initializer="random_normal"))


def build(layer):
    layer.build(HIDDEN.shape)
    return layer


def call(layer, inputs=HIDDEN, **arguments):
    inputs = ops.convert_to_tensor(inputs)
    outputs = layer(inputs, **arguments)
    return [ops.convert_to_numpy(x) for x in keras.tree.flatten(outputs)]


def expected(layer, x, normalize_first):
    """The encoder of the paper in NumPy, with the layer's weights."""

    def norm(x, residual):
        part = residual.pre_norm or residual.output_norm
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + part.epsilon)
        return x * array(part.gamma) + array(part.beta)

    def keep(x, _):
        return x

    def dense(x, part):
        return x @ array(part.kernel) + array(part.bias)

    def attend(x):
        parts = (block.attention.query, block.attention.key, block.attention.value)
        query, key, value = (dense(x, part).reshape(2, 6, 2, 4) for part in parts)
        products = np.einsum("bthd,bshd->bhts", query, key) / 2.0
        weights = np.exp(products) / np.exp(products).sum(-1, keepdims=True)
        merged = np.einsum("bhts,bshd->bthd", weights, value).reshape(2, 6, 8)
        return dense(merged, block.attention.output_dense)

    def feed_forward(x):
        inner = np.maximum(dense(x, block.feed_forward.intermediate), 0)
        return dense(inner, block.feed_forward.output_dense)

    block, array = layer.block, ops.convert_to_numpy
    for function, residual in (
        (attend, block.attention_residual),
        (feed_forward, block.feed_forward_residual),
    ):
        before, after = (norm, keep) if normalize_first else (keep, norm)
        x = after(x + function(before(x, residual)), residual)
    return x


@pytest.mark.parametrize("normalize_first", [False, True])
def test_computes_the_paper_s_encoder(normalize_first):
    layer = build(
        TransformerEncoder(
            **SMALL, normalize_first=normalize_first, bias_initializer="random_normal"
        )
    )
    np.testing.assert_allclose(
        call(layer)[0], expected(layer, HIDDEN, normalize_first), rtol=1e-4, atol=1e-5
    )


def test_padding_cannot_be_seen(encoder):
    other = np.where(MASK[..., None], HIDDEN, 7).astype("float32")
    first, second = (call(encoder, x, padding_mask=MASK)[0] for x in (HIDDEN, other))
    np.testing.assert_allclose(first[MASK], second[MASK], atol=1e-5)
    assert not np.allclose(first[MASK], call(encoder, other)[0][MASK], atol=1e-2)


def test_the_mask_of_the_inputs_is_the_padding_mask(encoder):
    inputs = np.where(MASK[..., None], HIDDEN, 0).astype("float32")
    implicit = encoder(keras.layers.Masking()(ops.convert_to_tensor(inputs)))
    explicit = call(encoder, inputs, padding_mask=MASK)[0]
    np.testing.assert_allclose(ops.convert_to_numpy(implicit), explicit, atol=1e-6)


def test_a_padding_mask_given_replaces_that_of_the_inputs(encoder):
    inputs = np.where(MASK[..., None], HIDDEN, 0).astype("float32")
    all_real = np.ones_like(MASK)
    masked = keras.layers.Masking()(ops.convert_to_tensor(inputs))
    outputs = ops.convert_to_numpy(encoder(masked, padding_mask=all_real))
    np.testing.assert_allclose(outputs, call(encoder, inputs)[0], atol=1e-6)


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32"])
def test_masks_of_any_dtype_combine(encoder, dtype):
    causal = np.tril(np.ones((2, 6, 6)))
    masks = {"padding_mask": MASK.astype(dtype), "attention_mask": causal.astype(dtype)}
    _, weights = call(encoder, return_attention_scores=True, **masks)
    allowed = causal.astype(bool) & MASK[:, None]
    np.testing.assert_array_equal(weights > 1e-6, np.repeat(allowed[:, None], 2, axis=1))


def test_attention_scores_are_weights_and_change_no_output(encoder):
    outputs, weights = call(encoder, padding_mask=MASK, return_attention_scores=True)
    assert weights.shape == (2, 2, 6, 6)
    np.testing.assert_allclose(weights.sum(-1), 1.0, atol=1e-5)
    np.testing.assert_allclose(outputs, call(encoder, padding_mask=MASK)[0], atol=1e-5)


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ({"padding_mask": MASK[:, None]}, r"padding_mask must have rank 2; got shape \(2, 1, 6\)"),
        ({"attention_mask": MASK}, r"attention_mask must have rank 3; got shape \(2, 6\)"),
    ],
    ids=["padding_mask", "attention_mask"],
)
def test_a_mask_of_another_rank_is_an_error(encoder, masks, message):
    with pytest.raises(ValueError, match=message):
        call(encoder, **masks)


def test_heads_that_do_not_divide_the_size_are_an_error():
    with pytest.raises(ValueError, match="num_heads=3 for size 8"):
        build(TransformerEncoder(intermediate_dim=16, num_heads=3))


def test_an_unknown_activation_is_an_error():
    with pytest.raises(ValueError, match="gleu"):
        build(TransformerEncoder(**SMALL, activation="gleu"))


def test_the_tanh_form_of_gelu_is_another_function(encoder):
    exact = build(TransformerEncoder(**SMALL, activation="gelu"))
    tanh = build(TransformerEncoder(**SMALL, activation="gelu_tanh"))
    tanh.set_weights(exact.get_weights())
    difference = np.abs(call(exact)[0] - call(tanh)[0]).max()
    assert 1e-6 < difference < 1e-2


def test_no_two_kernels_start_equal(encoder):
    attention = encoder.block.attention
    kernels = [ops.convert_to_numpy(p.kernel) for p in (attention.query, attention.key)]
    assert not np.allclose(*kernels)


def test_dropout_is_on_in_training_only():
    layer = build(TransformerEncoder(**SMALL, dropout=0.5))
    still = call(layer)[0]
    np.testing.assert_array_equal(call(layer, training=False)[0], still)
    assert np.abs(call(layer, training=True)[0] - still).max() > 0.1


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((None, 8), name="hidden")
    mask = keras.Input((None,), dtype="bool", name="mask")
    layer = TransformerEncoder(**SMALL, name="encoder")
    return keras.Model(
        [inputs, mask], layer(inputs, padding_mask=mask, return_attention_scores=True)
    )


def test_a_functional_model_may_return_the_scores(model):
    hidden, weights = model.outputs
    assert hidden.shape == (None, None, 8)
    assert weights.shape == (None, 2, None, None)
    outputs = model.predict_on_batch([HIDDEN, MASK])
    eager = call(model.get_layer("encoder"), padding_mask=MASK, return_attention_scores=True)
    for left, right in zip(outputs, eager, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)


def test_a_model_with_scores_reloads_equal(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    pairs = zip(*(m.predict_on_batch([HIDDEN, MASK]) for m in (loaded, model)), strict=True)
    for left, right in pairs:
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_is_close_and_keeps_float32_weights(encoder, policy):
    layer = build(TransformerEncoder(**SMALL, dtype=policy))
    layer.set_weights(encoder.get_weights())
    assert {w.dtype for w in layer.weights} == {"float32"}
    outputs = layer(ops.convert_to_tensor(HIDDEN), padding_mask=MASK)
    assert keras.backend.standardize_dtype(outputs.dtype) == policy.removeprefix("mixed_")
    outputs = ops.convert_to_numpy(ops.cast(outputs, "float32"))
    np.testing.assert_allclose(outputs, call(encoder, padding_mask=MASK)[0], atol=0.1)


@pytest.mark.parametrize("given", ["padding_mask", "attention_mask"])
def test_a_mask_given_is_not_attached_to_the_outputs(encoder, given):
    mask = MASK if given == "padding_mask" else np.ones((2, 6, 6), bool)
    outputs = encoder(ops.convert_to_tensor(HIDDEN), **{given: mask})
    pooled = keras.layers.GlobalAveragePooling1D()(outputs)
    np.testing.assert_allclose(
        ops.convert_to_numpy(pooled), ops.convert_to_numpy(outputs).mean(1), atol=1e-5
    )
    encoder(outputs)


def test_the_mask_of_the_inputs_is_handed_on(encoder):
    inputs = np.where(MASK[..., None], HIDDEN, 0).astype("float32")
    outputs = encoder(keras.layers.Masking()(ops.convert_to_tensor(inputs)))
    pooled = ops.convert_to_numpy(keras.layers.GlobalAveragePooling1D()(outputs))
    outputs = ops.convert_to_numpy(outputs)
    np.testing.assert_allclose(pooled[0], outputs[0, :4].mean(0), atol=1e-5)
    np.testing.assert_allclose(pooled[1], outputs[1].mean(0), atol=1e-5)
