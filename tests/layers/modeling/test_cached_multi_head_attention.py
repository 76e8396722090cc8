import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.layers.modeling.cached_multi_head_attention import CachedMultiHeadAttention

HEADS, SIZE, LENGTH = 2, 3, 5


@pytest.fixture
def x(rng) -> np.ndarray:
    return rng.normal(size=(2, LENGTH, 4)).astype("float32")


def numpy_weights(layer: CachedMultiHeadAttention) -> dict[str, np.ndarray]:
    return {"/".join(w.path.split("/")[-2:]): ops.convert_to_numpy(w) for w in layer.weights}


def attended(x: np.ndarray, context: np.ndarray, weights: dict, mask: np.ndarray) -> np.ndarray:
    """Multi-head attention in NumPy; `mask` is [B, T, S]."""
    names = {"query": x, "key": context, "value": context}
    q, k, v = (
        np.einsum("btd,dhk->bthk", value, weights[f"{name}/kernel"]) + weights[f"{name}/bias"]
        for name, value in names.items()
    )
    scores = np.einsum("bthk,bshk->bhts", q, k) / np.sqrt(q.shape[-1])
    scores = np.exp(np.where(mask[:, None], scores, -np.inf))
    weighted = np.einsum("bhts,bshk->bthk", scores / scores.sum(-1, keepdims=True), v)
    kernel, bias = weights["attention_output/kernel"], weights["attention_output/bias"]
    return np.einsum("bthk,hkd->btd", weighted, kernel) + bias


@pytest.mark.parametrize("value_dim", [None, 2])
def test_attention(x, rng, value_dim):
    mask = rng.random(size=(2, LENGTH, LENGTH)) > 0.5
    mask |= np.eye(LENGTH, dtype=bool)
    layer = CachedMultiHeadAttention(HEADS, SIZE, value_dim, bias_initializer="random_normal")
    outputs = ops.convert_to_numpy(layer(x, x, attention_mask=mask))
    np.testing.assert_allclose(outputs, attended(x, x, numpy_weights(layer), mask), atol=1e-5)


def test_a_mask_for_each_head_or_for_all(x, rng):
    mask = np.tril(np.ones((2, LENGTH, LENGTH), bool))
    layer = CachedMultiHeadAttention(HEADS, SIZE)
    expected = ops.convert_to_numpy(layer(x, x, attention_mask=mask))
    for same in (mask[:1], np.stack([mask] * HEADS, axis=1)):
        outputs = ops.convert_to_numpy(layer(x, x, attention_mask=same))
        np.testing.assert_allclose(outputs, expected, atol=1e-6)


@pytest.mark.parametrize(
    "arguments", [{}, {"use_gate": True}, {"sliding_window": 2}, {"dropout": 0.1}]
)
def test_without_a_cache_it_is_keras_attention(x, arguments):
    layer = CachedMultiHeadAttention(HEADS, SIZE, **arguments)
    reference = keras.layers.MultiHeadAttention(HEADS, SIZE, **arguments)
    layer.build(x.shape, x.shape)
    reference.build(x.shape, x.shape)
    reference.set_weights(layer.get_weights())
    outputs = ops.convert_to_numpy(layer(x, x, use_causal_mask=True))
    expected = ops.convert_to_numpy(reference(x, x, use_causal_mask=True))
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


@pytest.mark.parametrize("arguments", [{}, {"sliding_window": 2}, {"use_gate": True}])
def test_decoding_token_by_token_equals_attending_at_once(x, arguments):
    layer = CachedMultiHeadAttention(HEADS, SIZE, **arguments)
    expected = ops.convert_to_numpy(layer(x, x, use_causal_mask=True))
    cache, steps = np.zeros((2, 2, LENGTH + 2, HEADS, SIZE), "float32"), []
    for start, stop in ((0, 2), (2, 3), (3, 4), (4, 5)):
        new = x[:, start:stop]
        output, cache = layer(new, new, cache=cache, cache_update_index=start, use_causal_mask=True)
        steps.append(ops.convert_to_numpy(output))
    np.testing.assert_allclose(np.concatenate(steps, axis=1), expected, atol=1e-5)


def test_a_cache_alone_is_read_and_not_written(x, rng):
    layer = CachedMultiHeadAttention(HEADS, SIZE)
    context = rng.normal(size=(2, 7, 4)).astype("float32")
    expected = ops.convert_to_numpy(layer(x, context))
    weights = numpy_weights(layer)
    cache = [np.einsum("btd,dhk->bthk", context, weights[f"{n}/kernel"]) for n in ("key", "value")]
    cache = np.stack(cache, axis=1)
    output, after = layer(x, x, cache=cache)
    np.testing.assert_allclose(ops.convert_to_numpy(output), expected, atol=1e-5)
    np.testing.assert_array_equal(ops.convert_to_numpy(after), cache)


@pytest.mark.parametrize("cached", [False, True])
def test_scores_come_second(x, cached):
    layer = CachedMultiHeadAttention(HEADS, SIZE)
    arguments = {"cache": np.zeros((2, 2, LENGTH, HEADS, SIZE), "float32")} if cached else {}
    outputs = layer(x, x, return_attention_scores=True, **arguments)
    sums = ops.convert_to_numpy(outputs[1]).sum(axis=-1)
    np.testing.assert_allclose(sums, np.ones((2, HEADS, LENGTH)), atol=1e-5)
    assert len(outputs) == 2 + cached


def test_masked_tokens_are_not_attended_to(x):
    x[:, 3:] = 0  # the value that Masking masks
    layer = CachedMultiHeadAttention(HEADS, SIZE)
    masked = keras.layers.Masking()(x)
    outputs = ops.convert_to_numpy(layer(masked, masked))
    expected = ops.convert_to_numpy(layer(x[:, :3], x[:, :3]))
    np.testing.assert_allclose(outputs[:, :3], expected, atol=1e-5)


def test_the_mask_of_the_queries_is_handed_on(x):
    x[:, 3:] = 0
    masked = keras.layers.Masking()(x)
    outputs = CachedMultiHeadAttention(HEADS, SIZE)(masked, masked)
    pooled = ops.convert_to_numpy(keras.layers.GlobalAveragePooling1D()(outputs))
    expected = ops.convert_to_numpy(outputs)[:, :3].mean(axis=1)
    np.testing.assert_allclose(pooled, expected, atol=1e-6)


def test_dropout_in_training_only(x):
    layer = CachedMultiHeadAttention(HEADS, SIZE, dropout=0.5)
    evaluated = [ops.convert_to_numpy(layer(x, x)) for _ in range(2)]
    np.testing.assert_array_equal(*evaluated)
    assert not np.allclose(ops.convert_to_numpy(layer(x, x, training=True)), evaluated[0])


def test_a_graph_with_a_cache_has_the_shapes_of_the_values(x):
    inputs = keras.Input((1, 4)), keras.Input((2, LENGTH, HEADS, SIZE))
    outputs = CachedMultiHeadAttention(HEADS, SIZE)(
        inputs[0],
        inputs[0],
        cache=inputs[1],
        cache_update_index=1,
        return_attention_scores=True,
    )
    values = keras.Model(inputs, outputs)([x[:, :1], np.zeros((2, 2, LENGTH, HEADS, SIZE))])
    assert [(2, *o.shape[1:]) for o in outputs] == [tuple(value.shape) for value in values]


def test_an_index_without_a_cache_is_an_error(x):
    with pytest.raises(ValueError, match="cache_update_index=3"):
        CachedMultiHeadAttention(HEADS, SIZE)(x, x, cache_update_index=3)


def test_a_causal_mask_needs_the_place_of_the_queries(x):
    cache = np.zeros((2, 2, LENGTH, HEADS, SIZE), "float32")
    with pytest.raises(ValueError, match="use_causal_mask.*cache_update_index"):
        CachedMultiHeadAttention(HEADS, SIZE)(x, x, cache=cache, use_causal_mask=True)
