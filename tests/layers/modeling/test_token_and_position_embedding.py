import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.layers.modeling.token_and_position_embedding import TokenAndPositionEmbedding

IDS = np.array([[3, 1, 0], [2, 0, 0]], "int32")


@pytest.fixture
def layer() -> TokenAndPositionEmbedding:
    layer = TokenAndPositionEmbedding(vocabulary_size=5, sequence_length=6, embedding_dim=4)
    layer.build((None, None))
    return layer


def tables(layer: TokenAndPositionEmbedding) -> list[np.ndarray]:
    return [ops.convert_to_numpy(weight) for weight in layer.get_weights()]


def test_tokens_and_positions_are_added(layer):
    tokens, positions = tables(layer)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(IDS)), tokens[IDS] + positions[:3])


def test_start_index_and_positions_reach_the_positions(layer):
    tokens, positions = tables(layer)
    shifted = ops.convert_to_numpy(layer(IDS, start_index=2))
    chosen = ops.convert_to_numpy(layer(IDS, positions=IDS))
    np.testing.assert_allclose(shifted, tokens[IDS] + positions[2:5])
    np.testing.assert_allclose(chosen, tokens[IDS] + positions[IDS])


def test_token_embedding_projects_back(layer):
    hidden = np.ones((1, 4), "float32")
    logits = layer.token_embedding(hidden, reverse=True)
    expected = tables(layer)[0].sum(axis=1)
    np.testing.assert_allclose(ops.convert_to_numpy(logits)[0], expected, atol=1e-6)


def test_both_tables_start_differently_from_one_initializer():
    initializer = keras.initializers.RandomNormal()
    layer = TokenAndPositionEmbedding(5, 5, 4, embeddings_initializer=initializer)
    layer.build((None, None))
    tokens, positions = tables(layer)
    assert not np.allclose(tokens, positions)


def test_mask_zero_masks_the_outputs():
    embedded = TokenAndPositionEmbedding(5, 6, 4, mask_zero=True)(IDS)
    pooled = ops.convert_to_numpy(keras.layers.GlobalAveragePooling1D()(embedded))
    real = ops.convert_to_numpy(embedded)
    expected = [real[0, :2].mean(axis=0), real[1, 0]]
    np.testing.assert_allclose(pooled, expected, atol=1e-6)


def test_without_mask_zero_nothing_is_masked(layer):
    embedded = layer(IDS)
    pooled = ops.convert_to_numpy(keras.layers.GlobalAveragePooling1D()(embedded))
    np.testing.assert_allclose(pooled, ops.convert_to_numpy(embedded).mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("symbolic", [False, True])
def test_too_long_a_sequence_is_an_error_that_names_both_lengths(layer, symbolic):
    inputs = keras.Input((7,), dtype="int32") if symbolic else np.zeros((1, 7), "int32")
    with pytest.raises(ValueError, match="sequence_length=6.* 7 tokens"):
        layer(inputs)


def test_any_length_up_to_the_longest_in_one_graph(layer):
    inputs = keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, layer(inputs))
    for length in (1, 6):
        ids = np.ones((2, length), "int32")
        expected = ops.convert_to_numpy(layer(ids))
        np.testing.assert_allclose(model.predict(ids, verbose=0), expected, atol=1e-6)
