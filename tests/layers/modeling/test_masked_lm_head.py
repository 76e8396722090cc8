import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.layers.modeling.masked_lm_head import MaskedLMHead
from nlpkit.layers.modeling.reversible_embedding import ReversibleEmbedding

POSITIONS = np.array([[4, 0, 2], [1, 1, 3]], "int32")


@pytest.fixture
def x(rng) -> np.ndarray:
    return rng.normal(size=(2, 5, 4)).astype("float32")


@pytest.fixture
def embedding() -> ReversibleEmbedding:
    layer = ReversibleEmbedding(6, 4, embeddings_initializer="random_normal")
    layer.build()
    return layer


def fill(head: MaskedLMHead, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Random values for all weights, by name."""
    for weight in head.weights:
        weight.assign(rng.normal(size=weight.shape))
    return {"/".join(w.path.split("/")[1:]): ops.convert_to_numpy(w) for w in head.weights}


def predicted(x: np.ndarray, weights: dict[str, np.ndarray], table: np.ndarray) -> np.ndarray:
    """The whole head in NumPy, with the layer's default activations and epsilon."""
    gathered = np.stack([row[positions] for row, positions in zip(x, POSITIONS, strict=True)])
    hidden = np.maximum(gathered @ weights["dense/kernel"] + weights["dense/bias"], 0)
    mean, variance = hidden.mean(-1, keepdims=True), hidden.var(-1, keepdims=True)
    hidden = (hidden - mean) / np.sqrt(variance + 1e-5)
    hidden = hidden * weights["layer_norm/gamma"] + weights["layer_norm/beta"]
    return hidden @ table.T + weights["output_bias"]


def test_own_embeddings(x, rng):
    head = MaskedLMHead(vocabulary_size=6)
    head(x, mask_positions=POSITIONS)
    weights = fill(head, rng)
    outputs = ops.convert_to_numpy(head(x, mask_positions=POSITIONS))
    expected = predicted(x, weights, weights["token_embedding/embeddings"])
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


@pytest.mark.parametrize("given", ["token_embedding", "embedding_weights"])
def test_tied_embeddings(x, rng, embedding, given):
    value = embedding if given == "token_embedding" else embedding.embeddings
    head = MaskedLMHead(**{given: value})
    head(x, mask_positions=POSITIONS)
    weights = fill(head, rng)
    table = ops.convert_to_numpy(embedding.embeddings)
    outputs = ops.convert_to_numpy(head(x, mask_positions=POSITIONS))
    np.testing.assert_allclose(outputs, predicted(x, weights, table), atol=1e-5)
    assert any(weight is embedding.embeddings for weight in head.trainable_weights)


def test_a_matrix_is_copied(x, rng):
    table = rng.normal(size=(6, 4)).astype("float32")
    head = MaskedLMHead(embedding_weights=table)
    head(x, mask_positions=POSITIONS)
    np.testing.assert_array_equal(ops.convert_to_numpy(head.embedding_weights), table)
    assert len(head.trainable_weights) == 6


def test_training_a_tied_head_trains_the_encoder(embedding):
    ids, positions = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    head = MaskedLMHead(embedding_weights=embedding.embeddings, intermediate_activation="tanh")
    outputs = head(embedding(ids), positions)
    model = keras.Model([ids, positions], outputs)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = ops.convert_to_numpy(embedding.embeddings).copy()
    model.train_on_batch([np.ones((2, 5), "int32"), POSITIONS], np.full((2, 3), 4))
    moved = np.abs(ops.convert_to_numpy(embedding.embeddings) - before).sum(axis=1)
    assert len(model.trainable_weights) == 6
    assert moved[4] > 0  # only the head saw id 4


def test_bias_initializer_starts_both_biases(x):
    head = MaskedLMHead(vocabulary_size=6, bias_initializer="ones")
    head.build(x.shape, POSITIONS.shape)
    for bias in (head.dense.bias, head.output_bias):
        np.testing.assert_array_equal(ops.convert_to_numpy(bias), np.ones(bias.shape))


def test_activation_of_the_output(x):
    head = MaskedLMHead(vocabulary_size=6, activation="softmax")
    outputs = ops.convert_to_numpy(head(x, mask_positions=POSITIONS))
    np.testing.assert_allclose(outputs.sum(-1), np.ones((2, 3)), atol=1e-6)


def test_embeddings_of_another_size_than_the_encoder(x):
    head = MaskedLMHead(token_embedding=ReversibleEmbedding(6, 8))
    assert head(x, mask_positions=POSITIONS).shape == (2, 3, 6)
    assert head.dense.kernel.shape == (4, 8)


def test_the_mask_of_the_tokens_stays_with_the_tokens():
    ids, positions = keras.Input((5,), dtype="int32"), keras.Input((3,), dtype="int32")
    embedded = ReversibleEmbedding(6, 4, mask_zero=True)(ids)
    model = keras.Model([ids, positions], MaskedLMHead(vocabulary_size=6)(embedded, positions))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    ids = np.array([[1, 2, 3, 0, 0]] * 2, "int32")
    assert np.isfinite(model.train_on_batch([ids, POSITIONS], np.ones((2, 3))))


def test_a_loaded_head_that_shares_a_layer_still_shares_it(embedding, tmp_path):
    ids, positions = keras.Input((5,), dtype="int32"), keras.Input((3,), dtype="int32")
    outputs = MaskedLMHead(token_embedding=embedding)(embedding(ids), positions)
    model = keras.Model([ids, positions], outputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = [np.ones((2, 5), "int32"), POSITIONS]
    np.testing.assert_allclose(
        loaded.predict(inputs, verbose=0), model.predict(inputs, verbose=0), atol=1e-6
    )
    assert len(loaded.weights) == len(model.weights) == 6


def test_a_loaded_head_with_embedding_weights_has_a_copy(embedding, tmp_path):
    ids, positions = keras.Input((5,), dtype="int32"), keras.Input((3,), dtype="int32")
    outputs = MaskedLMHead(embedding_weights=embedding.embeddings)(embedding(ids), positions)
    model = keras.Model([ids, positions], outputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = [np.ones((2, 5), "int32"), POSITIONS]
    np.testing.assert_allclose(
        loaded.predict(inputs, verbose=0), model.predict(inputs, verbose=0), atol=1e-6
    )
    assert len(loaded.weights) == 7


def test_something_must_say_how_large_the_vocabulary_is():
    with pytest.raises(ValueError, match="vocabulary_size.*token_embedding"):
        MaskedLMHead()


def test_sizes_must_agree(embedding):
    with pytest.raises(ValueError, match="vocabulary_size=7 and 6 embeddings"):
        MaskedLMHead(vocabulary_size=7, token_embedding=embedding)


def test_embeddings_are_given_once(embedding):
    with pytest.raises(ValueError, match="token_embedding and embedding_weights"):
        MaskedLMHead(token_embedding=embedding, embedding_weights=embedding.embeddings)


def test_embedding_weights_are_a_matrix():
    with pytest.raises(ValueError, match=r"\(6,\)"):
        MaskedLMHead(embedding_weights=np.zeros(6))


def test_an_embedding_that_cannot_project_back_is_an_error():
    with pytest.raises(TypeError, match="ReversibleEmbedding.*embedding_weights"):
        MaskedLMHead(token_embedding=keras.layers.Embedding(6, 4))
