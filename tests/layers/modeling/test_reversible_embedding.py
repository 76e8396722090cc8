import warnings

import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.layers.modeling.reversible_embedding import ReversibleEmbedding

IDS = np.array([[3, 1, 0]], "int32")


@pytest.fixture
def hidden(rng) -> np.ndarray:
    return rng.normal(size=(1, 3, 4)).astype("float32")


def test_reverse_multiplies_by_the_transposed_embeddings(hidden):
    layer = ReversibleEmbedding(5, 4)
    table = ops.convert_to_numpy(layer(np.arange(5)[None]))[0]
    logits = ops.convert_to_numpy(layer(hidden, reverse=True))
    np.testing.assert_allclose(logits, hidden @ table.T, atol=1e-6)


def test_untied_weights_have_a_matrix_of_their_own(hidden):
    layer = ReversibleEmbedding(5, 4, tie_weights=False)
    layer.build()
    logits = ops.convert_to_numpy(layer(hidden, reverse=True))
    expected = hidden @ ops.convert_to_numpy(layer.reverse_embeddings)
    np.testing.assert_allclose(logits, expected, atol=1e-6)


def test_logit_soft_cap_bounds_the_logits(hidden):
    layer = ReversibleEmbedding(5, 4, logit_soft_cap=0.1, embeddings_initializer="ones")
    logits = ops.convert_to_numpy(layer(hidden, reverse=True))
    sums = np.repeat(hidden.sum(-1, keepdims=True), 5, axis=-1)
    np.testing.assert_allclose(logits, 0.1 * np.tanh(sums / 0.1), atol=1e-6)


@pytest.mark.parametrize("symbolic", [False, True])
def test_reverse_dtype_is_the_dtype_of_the_logits(symbolic):
    layer = ReversibleEmbedding(5, 4, reverse_dtype="float32", dtype="bfloat16")
    inputs = keras.Input((3, 4)) if symbolic else np.zeros((1, 3, 4))
    assert keras.backend.standardize_dtype(layer(inputs, reverse=True).dtype) == "float32"


def test_mask_zero_masks_the_embeddings():
    embedded = ReversibleEmbedding(5, 4, mask_zero=True)(IDS)
    pooled = ops.convert_to_numpy(keras.layers.GlobalAveragePooling1D()(embedded))
    expected = ops.convert_to_numpy(embedded)[:, :2].mean(axis=1)
    np.testing.assert_allclose(pooled, expected, atol=1e-6)


@pytest.mark.parametrize("mask_zero", [False, True])
def test_logits_keep_the_mask_of_the_inputs(hidden, mask_zero):
    hidden[:, 2] = 0
    layer = ReversibleEmbedding(5, 4, mask_zero=mask_zero)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        logits = layer(keras.layers.Masking()(hidden), reverse=True)
    pooled = ops.convert_to_numpy(keras.layers.GlobalAveragePooling1D()(logits))
    np.testing.assert_allclose(pooled, ops.convert_to_numpy(logits)[:, :2].mean(axis=1), atol=1e-6)


def test_quantized_logits_are_close(rng):
    layer = ReversibleEmbedding(50, 32, embeddings_initializer="random_normal")
    hidden = rng.normal(size=(2, 3, 32)).astype("float32")
    before = ops.convert_to_numpy(layer(hidden, reverse=True))
    layer.quantize("int8")
    after = ops.convert_to_numpy(layer(hidden, reverse=True))
    np.testing.assert_allclose(after, before, atol=0.03 * np.abs(before).max())


def test_lora_starts_at_the_same_embeddings_and_freezes_them():
    layer = ReversibleEmbedding(5, 4)
    before = ops.convert_to_numpy(layer(IDS))
    layer.enable_lora(2)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(IDS)), before)
    assert [w.name for w in layer.trainable_weights] == ["lora_embeddings_a", "lora_embeddings_b"]
