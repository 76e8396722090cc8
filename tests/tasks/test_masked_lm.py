import keras
import numpy as np
import pytest
from tasks import miniature
from tasks.miniature import TEXTS

from nlpkit.models import BertMaskedLM, BertMaskedLMPreprocessor, MaskedLM


@pytest.fixture(scope="module")
def compiled():
    task = miniature.masked_lm()
    task.optimizer.learning_rate = 0.02
    return task


@pytest.fixture
def masked_lm(compiled):
    return miniature.filled(compiled)


@pytest.fixture
def masked(masked_lm):
    """Features, labels and weights of all texts, masked once."""
    return masked_lm.preprocessor(TEXTS)


def test_compiles_itself():
    task = miniature.masked_lm()
    assert isinstance(task.optimizer, keras.optimizers.Adam)
    assert float(task.optimizer.learning_rate) == pytest.approx(5e-5)
    assert task.loss.from_logits
    assert task._compile_metrics._user_weighted_metrics[0].name == "accuracy"


def test_outputs_are_logits_at_the_masked_positions(masked_lm):
    assert masked_lm.output.shape == (None, None, 11)
    assert masked_lm.predict(TEXTS, batch_size=2, verbose=0).shape == (6, 2, 11)


def test_trains_and_validates_on_strings_alone(masked_lm):
    before = masked_lm.get_weights()
    history = masked_lm.fit(TEXTS, batch_size=2, validation_split=0.33, verbose=0).history
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} == set(history)
    still = [np.array_equal(*pair) for pair in zip(before, masked_lm.get_weights(), strict=True)]
    assert not all(still)


def test_places_without_a_mask_do_not_count(masked_lm, masked):
    features, labels, weights = masked
    assert not weights.all()
    other = np.where(weights > 0, labels, 9)
    bare = BertMaskedLM(masked_lm.backbone)
    bare.set_weights(masked_lm.get_weights())
    first, second = (bare.test_on_batch(features, y, weights) for y in (labels, other))
    np.testing.assert_allclose(first, second, atol=1e-6)
    other = np.where(weights > 0, (labels + 1) % 11, labels)
    assert not np.allclose(first[0], bare.test_on_batch(features, other, weights)[0])


def test_the_projection_is_the_token_embedding(masked_lm):
    names = [weight.path for weight in masked_lm.weights]
    assert len(names) == len(set(names))
    assert sum(tuple(weight.shape) == (11, 8) for weight in masked_lm.weights) == 1


def test_ids_past_the_vocabulary_are_refused(masked):
    features, labels, weights = masked
    bare = miniature.masked_lm(preprocessor=None)
    wrong = {**features, "token_ids": features["token_ids"] + 6}
    with pytest.raises(ValueError, match=r"token_ids must lie in \[0, 11\)"):
        bare.fit(wrong, labels, sample_weight=weights, verbose=0)


def test_a_single_text_is_refused(masked_lm):
    with pytest.raises(ValueError, match="x must be a batch of examples"):
        masked_lm.predict("good")


def test_labels_are_refused(masked_lm):
    with pytest.raises(ValueError, match="makes its own labels"):
        masked_lm.train_on_batch(TEXTS, np.zeros(6))


def test_a_preprocessor_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="must be a BertMaskedLMPreprocessor; got .*"):
        miniature.masked_lm(preprocessor=miniature.preprocessor())


def test_the_head_has_the_backbone_s_activation_and_epsilon():
    backbone = miniature.backbone(activation="gelu_tanh", layer_norm_epsilon=0.1)
    head = MaskedLM(backbone).get_layer("masked_lm_head")
    assert head.layer_norm_epsilon == 0.1
    assert head.intermediate_activation == "gelu_tanh"


def test_masks_go_on_after_reopening(tmp_path):
    masking = BertMaskedLMPreprocessor(
        miniature.tokenizer(), sequence_length=8, mask_selection_rate=0.5, seed=3
    )
    task = miniature.masked_lm(preprocessor=masking)
    masking(TEXTS)
    task.save(tmp_path / "task.keras")
    again = keras.saving.load_model(tmp_path / "task.keras").preprocessor
    np.testing.assert_array_equal(again(TEXTS)[0]["token_ids"], masking(TEXTS)[0]["token_ids"])


def test_fills_masks(masked_lm):
    filled = masked_lm.fill("a good [MASK]", top_k=11)
    ids = [[2, 8, 5, 4, 3]]
    features = {"token_ids": np.array(ids), "padding_mask": np.ones((1, 5), "bool")}
    features |= {"segment_ids": np.zeros((1, 5), "int32"), "mask_positions": np.array([[3]])}
    logits = _logits(features)
    scores = np.exp(logits) / np.exp(logits).sum()
    order = np.argsort(-scores)
    assert [one.token_id for one in filled] == order.tolist()
    np.testing.assert_allclose([one.score for one in filled], scores[order], atol=1e-6)
    assert filled[0].token == miniature.WORDS[order[0]]
    film = next(one for one in filled if one.token == "film")
    assert film.text == "a good film"
    assert masked_lm.fill("a good [MASK]", top_k=2) == filled[:2]


def test_fills_several_masks(masked_lm):
    first, second = masked_lm.fill("[MASK] good [MASK]", top_k=3)
    assert len(first) == len(second) == 3
    assert first[0].text.endswith("good [MASK]")
    assert second[0].text.startswith("[MASK] good")


def _logits(features):
    return miniature.masked_lm(preprocessor=None).predict_on_batch(features)[0, 0]


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("text", "top_k", "message"),
    [
        ("a film", 5, "must contain the mask"),
        ("[MASK]", 0, "from 1 to 11"),
        ("[MASK]", 12, "from 1 to 11"),
        ("good " * 9 + "[MASK]", 5, "shorten it"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*cut")
def test_refuses_to_fill(masked_lm, text, top_k, message):
    with pytest.raises(ValueError, match=message):
        masked_lm.fill(text, top_k)
