import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.layers import TransformerDecoder, TransformerEncoder

_RNG = np.random.default_rng(1)
T, S, HEADS, SIZE = 5, 4, 2, 4
HIDDEN = _RNG.normal(size=(2, T, 8)).astype("float32")
CONTEXT = _RNG.normal(size=(2, S, 8)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)
CONTEXT_MASK = np.array([[1, 1, 0, 0], [1, 1, 1, 1]], bool)
SMALL = {"intermediate_dim": 16, "num_heads": HEADS, "bias_initializer": "random_normal"}


def built(*shapes, **arguments):
    layer = TransformerDecoder(**SMALL, **arguments)
    layer.build(*shapes)
    return layer


@pytest.fixture(scope="module")
def alone():
    """A decoder without cross-attention."""
    return built(HIDDEN.shape)


@pytest.fixture(scope="module")
def crossing():
    return built(HIDDEN.shape, CONTEXT.shape)


def call(layer, *inputs, **arguments):
    inputs = [ops.convert_to_tensor(x) for x in inputs]
    outputs = keras.tree.flatten(layer(*inputs, **arguments))
    return [ops.convert_to_numpy(x) for x in outputs]


def empty_cache(slots):
    return ops.zeros((2, 2, slots, HEADS, SIZE))


def changed(x, index):
    x = x.copy()
    x[:, index] += 3
    return x


def test_is_an_encoder_under_a_causal_mask(alone):
    encoder = TransformerEncoder(**SMALL)
    encoder.build(HIDDEN.shape)
    encoder.set_weights(alone.get_weights())
    causal = np.repeat(np.tri(T, dtype=bool)[None], 2, axis=0)
    masks = {"padding_mask": MASK, "attention_mask": causal}
    wanted = call(encoder, HIDDEN, **masks)[0]
    actual = call(alone, HIDDEN, decoder_padding_mask=MASK)[0]
    np.testing.assert_allclose(actual, wanted, atol=1e-5)


def test_later_tokens_are_hidden(alone):
    first, second = (call(alone, x)[0] for x in (HIDDEN, changed(HIDDEN, 3)))
    np.testing.assert_allclose(first[:, :3], second[:, :3], atol=1e-5)
    assert (np.abs(first - second)[:, 3:].max(-1) > 1e-3).all()


def test_without_a_causal_mask_all_is_seen(alone):
    pair = (HIDDEN, changed(HIDDEN, 4))
    first, second = (call(alone, x, use_causal_mask=False)[0] for x in pair)
    assert (np.abs(first - second).max(-1) > 1e-3).all()


def test_attention_mask_adds_to_the_causal_one(alone):
    diagonal = np.repeat(np.eye(T, dtype="int32")[None], 2, axis=0)
    first, second = (
        call(alone, x, decoder_attention_mask=diagonal)[0] for x in (HIDDEN, changed(HIDDEN, 0))
    )
    np.testing.assert_allclose(first[:, 1:], second[:, 1:], atol=1e-5)


def test_cross_attention_sees_all_of_the_context(crossing):
    first, second = (call(crossing, HIDDEN, x)[0] for x in (CONTEXT, changed(CONTEXT, 3)))
    assert (np.abs(first - second).max(-1) > 1e-4).all()


def test_padding_of_the_context_is_hidden(crossing):
    other = np.where(CONTEXT_MASK[..., None], CONTEXT, 7).astype("float32")
    first, second = (
        call(crossing, HIDDEN, x, encoder_padding_mask=CONTEXT_MASK)[0] for x in (CONTEXT, other)
    )
    np.testing.assert_allclose(first, second, atol=1e-5)


def test_encoder_attention_mask_says_which_token_sees_what(crossing):
    mask = np.ones((2, T, S), bool)
    mask[:, 2, 1:] = False
    first, second = (
        call(crossing, HIDDEN, x, encoder_attention_mask=mask)[0]
        for x in (CONTEXT, changed(CONTEXT, 2))
    )
    np.testing.assert_allclose(first[:, 2], second[:, 2], atol=1e-5)
    assert np.abs(first - second)[:, 3].max() > 1e-4


def test_masks_of_both_inputs_count(crossing):
    hidden = np.where(MASK[..., None], HIDDEN, 0).astype("float32")
    context = np.where(CONTEXT_MASK[..., None], CONTEXT, 0).astype("float32")
    mask = keras.layers.Masking()
    implicit = crossing(*(mask(ops.convert_to_tensor(x)) for x in (hidden, context)))
    masks = {"decoder_padding_mask": MASK, "encoder_padding_mask": CONTEXT_MASK}
    explicit = call(crossing, hidden, context, **masks)[0]
    np.testing.assert_allclose(ops.convert_to_numpy(implicit), explicit, atol=1e-6)


@pytest.mark.parametrize("chunk", [1, 2], ids=["token by token", "in chunks"])
def test_cached_decoding_equals_the_whole_sequence(alone, chunk):
    expected = call(alone, HIDDEN[:, :4])[0]
    cache, pieces = empty_cache(slots=6), []
    for i in range(0, 4, chunk):
        piece, cache = alone(
            ops.convert_to_tensor(HIDDEN[:, i : i + chunk]),
            self_attention_cache=cache,
            self_attention_cache_update_index=i,
        )
        pieces.append(ops.convert_to_numpy(piece))
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), expected, atol=1e-5)
    assert not ops.convert_to_numpy(cache)[:, :, 4:].any()


def test_cached_decoding_with_cross_attention_equals_the_whole_sequence(crossing):
    expected = call(crossing, HIDDEN, CONTEXT, encoder_padding_mask=CONTEXT_MASK)[0]
    cache, cross_cache, pieces = empty_cache(T), empty_cache(S), []
    for i in range(T):
        # The context is wrong after the first step: only the cache may be read.
        context = CONTEXT if i == 0 else 0 * CONTEXT
        piece, cache, cross_cache = crossing(
            ops.convert_to_tensor(HIDDEN[:, i : i + 1]),
            ops.convert_to_tensor(context),
            encoder_padding_mask=CONTEXT_MASK,
            self_attention_cache=cache,
            self_attention_cache_update_index=i,
            cross_attention_cache=cross_cache,
            cross_attention_cache_update_index=0 if i == 0 else None,
        )
        pieces.append(ops.convert_to_numpy(piece))
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), expected, atol=1e-5)


def test_a_layer_keeps_the_form_of_its_first_call(alone, crossing):
    with pytest.raises(ValueError, match="built without cross-attention and is now called with"):
        call(alone, HIDDEN, CONTEXT)
    with pytest.raises(ValueError, match="built with cross-attention and is now called without"):
        call(crossing, HIDDEN)


@pytest.mark.parametrize("kind", ["self", "cross"])
def test_one_cache_without_the_other_is_an_error(crossing, kind):
    cache = {f"{kind}_attention_cache": empty_cache(T)}
    with pytest.raises(ValueError, match=f"got only {kind}_attention_cache"):
        call(crossing, HIDDEN, CONTEXT, **cache)


@pytest.mark.parametrize("kind", ["decoder", "encoder"])
def test_a_mask_of_another_rank_is_an_error(crossing, kind):
    with pytest.raises(ValueError, match="padding_mask must have rank 2"):
        call(crossing, HIDDEN, CONTEXT, **{f"{kind}_padding_mask": MASK[0]})


def test_normalizing_first_leaves_the_stream_unnormalized():
    layer = built(HIDDEN.shape, CONTEXT.shape, normalize_first=True)
    large = call(layer, 100 * HIDDEN, CONTEXT)[0]
    np.testing.assert_allclose(large, 100 * HIDDEN, atol=10)


def test_every_sub_layer_has_dropout():
    layer = built(HIDDEN.shape, CONTEXT.shape, dropout=0.5)
    block = layer.block
    residuals = (
        block.attention_residual,
        block.cross_attention_residual,
        block.feed_forward_residual,
    )
    assert [residual.dropout for residual in residuals] == [0.5] * 3
    assert block.attention.dropout == block.cross_attention.dropout == 0.5
    still = call(layer, HIDDEN, CONTEXT)[0]
    assert np.abs(call(layer, HIDDEN, CONTEXT, training=True)[0] - still).max() > 0.1


def test_half_precision_with_a_cache(alone):
    layer = built(HIDDEN.shape, dtype="mixed_bfloat16")
    layer.set_weights(alone.get_weights())
    outputs, cache = layer(
        ops.convert_to_tensor(HIDDEN),
        self_attention_cache=ops.cast(empty_cache(T), "bfloat16"),
        self_attention_cache_update_index=0,
    )
    assert keras.backend.standardize_dtype(cache.dtype) == "bfloat16"
    outputs = ops.convert_to_numpy(ops.cast(outputs, "float32"))
    np.testing.assert_allclose(outputs, call(alone, HIDDEN)[0], atol=0.1)


def test_a_functional_model_with_cross_attention_reloads_equal(tmp_path):
    inputs = [keras.Input((None, 8)), keras.Input((None, 8))]
    model = keras.Model(inputs, TransformerDecoder(**SMALL)(*inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    first, second = (m.predict_on_batch([HIDDEN, CONTEXT]) for m in (model, loaded))
    np.testing.assert_array_equal(first, second)
