"""Embeddings of texts: order, batches, prompts, dimensions, saved folders, and what is refused."""

import json

import keras
import numpy as np
import pytest
from tasks import miniature
from tasks.miniature import TEXTS, WORDS

from nlpkit import losses
from nlpkit.models import (
    BertBackbone,
    BertClassifier,
    BertMaskedLM,
    TextEmbedder,
    TextEmbedderPreprocessor,
)

PROMPTS = {"query": "good ", "document": "film ", "other": "dull "}
PROJECTIONS = [{"units": 5, "activation": "tanh"}, {"units": 4, "use_bias": False}]


def build(**changes):
    preprocessor = TextEmbedderPreprocessor(miniature.tokenizer(), 8)
    arguments = {"preprocessor": preprocessor, "prompts": PROMPTS, "projections": PROJECTIONS}
    return miniature.filled(TextEmbedder(miniature.backbone(), **{**arguments, **changes}))


@pytest.fixture(scope="module")
def embedder():
    return build()


@pytest.fixture(scope="module")
def plain():
    return build(projections=[], normalize=False)


@pytest.mark.parametrize("pooling", ["mean", "max", "first", "last"])
def test_pools_real_tokens(pooling):
    model = build(pooling=pooling, projections=[], normalize=False)
    features = model.preprocessor(TEXTS)
    hidden = model.backbone.predict(features, verbose=0)["sequence_output"]
    rows = [row[real] for row, real in zip(hidden, features["padding_mask"], strict=True)]
    pool = {"first": lambda x: x[0], "last": lambda x: x[-1], "mean": lambda x: x.mean(0)}
    expected = [pool.get(pooling, lambda x: x.max(0))(row) for row in rows]
    np.testing.assert_allclose(model.encode(TEXTS), expected, atol=1e-6)


def test_dense_layers_follow_and_length_is_one(embedder, plain):
    kernel, bias = embedder.get_layer("projection_0").get_weights()
    (last,) = embedder.get_layer("projection_1").get_weights()
    plain.backbone.set_weights(embedder.backbone.get_weights())
    expected = np.tanh(plain.encode(TEXTS) @ kernel + bias) @ last
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(embedder.encode(TEXTS), expected, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_batches_and_order_change_nothing(embedder, batch_size):
    alone = np.stack([embedder.encode(text) for text in TEXTS])
    np.testing.assert_allclose(embedder.encode(TEXTS, batch_size=batch_size), alone, atol=1e-6)
    np.testing.assert_allclose(embedder.predict(TEXTS, verbose=0), alone, atol=1e-6)


def test_left_padding_changes_nothing(embedder):
    left = build(
        preprocessor=TextEmbedderPreprocessor(
            embedder.preprocessor.tokenizer, 8, padding_side="left"
        )
    )
    np.testing.assert_allclose(left.encode(TEXTS), embedder.encode(TEXTS), atol=1e-6)


def test_prompts(embedder):
    def starts_with(prompt):
        return pytest.approx(embedder.encode([prompt + text for text in TEXTS]), abs=1e-6)

    assert embedder.encode(TEXTS, "other") == starts_with("dull ")
    assert embedder.encode(TEXTS, prompt="bad ") == starts_with("bad ")
    assert embedder.encode_query(TEXTS) == starts_with("good ")
    assert embedder.encode_document(TEXTS) == starts_with("film ")
    assert embedder.encode_query(TEXTS, "other") == starts_with("dull ")
    assert embedder.encode_document(TEXTS, prompt="bad ") == starts_with("bad ")


def test_default_prompt_is_for_neither_queries_nor_documents():
    model = build(prompts={"other": "dull "}, default_prompt_name="other")
    expected = model.encode([f"dull {text}" for text in TEXTS], prompt="")
    np.testing.assert_allclose(model.encode(TEXTS), expected, atol=1e-6)
    bare = model.encode(TEXTS, prompt="")
    np.testing.assert_allclose(model.encode_query(TEXTS), bare, atol=1e-6)
    np.testing.assert_allclose(model.encode_document(TEXTS), bare, atol=1e-6)


def test_truncated_embeddings(embedder):
    whole = embedder.encode(TEXTS)
    assert np.array_equal(embedder.encode(TEXTS, truncate_dim=2), whole[:, :2])
    scaled = embedder.encode(TEXTS, truncate_dim=2, normalize_embeddings=True)
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), 1, atol=1e-6)
    assert build(truncate_dim=3).encode(TEXTS).shape == (6, 3)


def test_nothing_to_encode(embedder):
    assert embedder.encode([]).shape == (0, 4)
    assert embedder.encode("").shape == (4,)


@pytest.mark.parametrize("name", ["cosine", "dot", "euclidean", "manhattan"])
@pytest.mark.by_turns
def test_similarity(name):
    model = build(similarity_function=name)
    first, second = np.random.default_rng(0).normal(size=(2, 5, 4))
    compute = {
        "cosine": lambda x, y: x @ y / np.linalg.norm(x) / np.linalg.norm(y),
        "dot": lambda x, y: x @ y,
        "euclidean": lambda x, y: -np.linalg.norm(x - y),
        "manhattan": lambda x, y: -np.abs(x - y).sum(),
    }[name]
    expected = np.array([[compute(x, y) for y in second] for x in first])
    np.testing.assert_allclose(model.similarity(first, second), expected, atol=1e-5)
    np.testing.assert_allclose(
        model.similarity_pairwise(first, second), expected.diagonal(), atol=1e-5
    )
    np.testing.assert_allclose(model.similarity(first[0], second), expected[:1], atol=1e-5)


def test_saved_and_reopened(embedder, tmp_path):
    embedder.save_to_preset(tmp_path)
    own = TextEmbedder.from_preset(tmp_path)
    (tmp_path / "nlpkit.json").unlink()
    described = TextEmbedder.from_preset(tmp_path)
    for loaded in (own, described):
        np.testing.assert_allclose(
            loaded.encode_query(TEXTS), embedder.encode_query(TEXTS), atol=1e-6
        )
        assert loaded.preprocessor.sequence_length == 8
    for path in tmp_path.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
    described.save_to_preset(tmp_path / "again")
    names = {
        path.relative_to(tmp_path / "again").as_posix() for path in (tmp_path / "again").rglob("*")
    }
    assert {"modules.json", "1_Pooling/config.json", "3_Dense/model.safetensors"} <= names


def test_folder_is_saved_over(embedder, tmp_path):
    embedder.save_to_preset(tmp_path)
    build(projections=[]).save_to_preset(tmp_path)
    assert not (tmp_path / "2_Dense").exists()
    assert json.loads((tmp_path / "modules.json").read_text())[-1]["path"] == "2_Normalize"
    assert TextEmbedder.from_preset(tmp_path).projections == []
    assert TextEmbedder.from_preset(tmp_path).encode(TEXTS).shape == (6, 8)


def test_backbone_and_other_heads_ignore_the_modules(embedder, tmp_path):
    embedder.save_to_preset(tmp_path)
    kernel = embedder.backbone.get_weights()[0]
    assert np.array_equal(BertBackbone.from_preset(tmp_path).get_weights()[0], kernel)
    classifier = BertClassifier.from_preset(tmp_path, num_classes=2, load_head=False)
    assert np.array_equal(classifier.backbone.get_weights()[0], kernel)


@pytest.mark.parametrize("cls", [BertBackbone, BertClassifier, BertMaskedLM])
def test_what_makes_it_an_embedder_stays_in_folders_of_other_tasks(embedder, cls, tmp_path):
    folder = tmp_path / "embedder"
    embedder.save_to_preset(folder)
    arguments = {"num_classes": 2} if cls is BertClassifier else {}
    arguments |= {} if cls is BertBackbone else {"load_head": False}
    for layout in ("own", "described", "own again"):
        if layout == "described":
            (folder / "nlpkit.json").unlink()
        model = cls.from_preset(folder, **arguments)
        model.save_to_preset(folder := tmp_path / layout)
        arguments = {}
    again = TextEmbedder.from_preset(folder, preprocessor=embedder.preprocessor)
    np.testing.assert_allclose(again.encode_query(TEXTS), embedder.encode_query(TEXTS), atol=1e-6)


def test_modules_that_are_not_known_stay_behind(embedder, tmp_path):
    embedder.save_to_preset(tmp_path / "0")
    (tmp_path / "0" / "nlpkit.json").unlink()
    (tmp_path / "0" / "modules.json").write_text('[{"path": "", "type": "os.system"}]')
    with pytest.warns(UserWarning, match="will not be an embedder.*os.system"):
        backbone = BertBackbone.from_preset(tmp_path / "0")
    backbone.save_to_preset(tmp_path / "1")
    assert not (tmp_path / "1" / "modules.json").exists()


def test_backbone_alone_is_pooled_as_usual(tmp_path):
    model = miniature.classifier()
    model.save_to_preset(tmp_path)
    (tmp_path / "nlpkit.json").unlink()
    with pytest.warns(UserWarning, match=r"no modules\.json"):
        loaded = TextEmbedder.from_preset(tmp_path)
    assert (loaded.pooling, loaded.normalize) == (None, False)
    features = loaded.preprocessor(TEXTS)
    hidden = model.backbone.predict(features, verbose=0)["sequence_output"]
    mask = features["padding_mask"][..., None]
    np.testing.assert_allclose(
        loaded.encode(TEXTS), (hidden * mask).sum(1) / mask.sum(1), atol=1e-6
    )


REFUSED = {
    "unknown prompt": (lambda m: m.encode(TEXTS, "none"), ValueError, "prompt_name must be one"),
    "too many features": (lambda m: m.encode(TEXTS, truncate_dim=5), ValueError, "from 1 to 4"),
    "no features": (lambda m: m.encode(TEXTS, truncate_dim=0), ValueError, "from 1 to 4"),
    "no batch": (lambda m: m.encode(TEXTS, batch_size=0), ValueError, "batch_size must be"),
    "number": (lambda m: m.encode(["a", 1]), TypeError, "in row 1"),
    "pairs": (lambda m: m.encode([("a", "b")]), ValueError, "one column"),
    "sizes": (lambda m: m.similarity(np.ones(4), np.ones(3)), ValueError, "same size"),
    "pooling": (lambda _: build(pooling="mode"), ValueError, "pooling must be"),
    "similarity": (lambda _: build(similarity_function="max"), ValueError, "similarity_function"),
    "default prompt": (lambda _: build(default_prompt_name="x"), ValueError, "default_prompt_name"),
    "Matryoshka": (lambda _: build(truncate_dim=9), ValueError, "from 1 to 4"),
    "projection": (lambda _: build(projections=[{"dim": 3}]), ValueError, "A projection is"),
    "activation": (
        lambda _: build(projections=[{"units": 3, "activation": "x"}]),
        ValueError,
        "act",
    ),
    "no preprocessor": (lambda _: build(preprocessor=None).encode("a"), ValueError, "has none"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.by_turns
def test_refused(embedder, case):
    use, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        use(embedder)


@pytest.mark.by_turns
def test_cut_text_is_reported(embedder):
    with pytest.warns(UserWarning, match="cut"):
        build().encode(" ".join(WORDS[5:]) * 2)


PAIRS = (["good", "bad", "dull film"], ["fine", "dull", "a film"])
WRONG = ["bad", "a good film", "fine"]
LOSSES = {
    "ranking": (losses.MultipleNegativesRankingLoss(), PAIRS, None),
    "ranking with negatives": (losses.MultipleNegativesRankingLoss(), (*PAIRS, WRONG), None),
    "similarity": (losses.CosineSimilarityLoss(), PAIRS, [1.0, 0.0, 0.5]),
    "triplets": (losses.TripletLoss("cosine", 0.5), (*PAIRS, WRONG), None),
    "margins": (losses.MarginMSELoss(), (*PAIRS, WRONG), [0.1, 0.2, 0.3]),
    "Matryoshka": (
        losses.MatryoshkaLoss(losses.MultipleNegativesRankingLoss(), [4, 2]),
        PAIRS,
        None,
    ),
}


# One is enough for each backend's loop.
ON_EACH_BACKEND = "ranking with negatives"


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[] if case == ON_EACH_BACKEND else pytest.mark.by_turns)
        for case in LOSSES
    ],
)
def test_learns(case):
    loss, columns, labels = LOSSES[case]
    model = build()
    model.compile(keras.optimizers.Adam(0.01), loss)
    embeddings = model.predict(columns, verbose=0)
    expected = loss(np.zeros(3) if labels is None else np.array(labels), embeddings)
    history = model.fit(columns, labels, batch_size=3, epochs=8, verbose=0).history["loss"]
    assert history[0] == pytest.approx(float(expected), abs=1e-5)
    assert history[-1] < history[0]


@pytest.mark.by_turns
def test_rows_and_weights():
    model = build()
    rows = list(zip(*PAIRS, strict=True))
    assert model.evaluate(rows, verbose=0) == pytest.approx(model.evaluate(PAIRS, verbose=0))
    model.compile("sgd", losses.CosineSimilarityLoss())
    labels, weights = np.array([1.0, 0.0, 0.5]), np.array([1.0, 0.0, 3.0])
    own = [model.evaluate([row], labels[i : i + 1], verbose=0) for i, row in enumerate(rows)]
    weighted = model.evaluate(PAIRS, labels, sample_weight=weights, batch_size=2, verbose=0)
    assert weighted == pytest.approx(np.average(own, weights=weights), abs=1e-5)


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("loss", "columns", "labels", "message"),
    [
        (losses.MultipleNegativesRankingLoss(), PAIRS, [1, 0, 1], "takes no labels"),
        (losses.MultipleNegativesRankingLoss(), PAIRS[0], None, "compares 2 or more texts a row"),
        (losses.CosineSimilarityLoss(), PAIRS, None, "needs labels"),
        (
            losses.CosineSimilarityLoss(),
            (*PAIRS, WRONG),
            [1, 0, 1],
            "compares 2 texts .* got 3",
        ),
        (losses.TripletLoss(), PAIRS, None, "compares 3 texts"),
        (losses.MarginMSELoss(), (*PAIRS, WRONG), np.ones((3, 3)), "1 margins or 2 scores"),
        (losses.MatryoshkaLoss(losses.TripletLoss(), [5]), (*PAIRS, WRONG), None, "at most 4"),
        (losses.TripletLoss(), (PAIRS[0], PAIRS[1], WRONG[:2]), None, "same length"),
    ],
)
def test_unsuitable_rows(loss, columns, labels, message):
    model = build()
    model.compile("sgd", loss)
    with pytest.raises(ValueError, match=message):
        model.fit(columns, labels, verbose=0)


@pytest.mark.by_turns
def test_repeated_positives_are_reported():
    with pytest.warns(UserWarning, match=r"2 of 3 positives occur in several rows, such as 'fine'"):
        build().evaluate((PAIRS[0], ["fine", "dull", "fine"]), verbose=0)


def gradients(loss, dropout):
    """The gradients, as steps of rate 1 show them, and the seeds afterwards."""
    keras.utils.set_random_seed(0)
    preprocessor = TextEmbedderPreprocessor(miniature.tokenizer(), 8)
    model = TextEmbedder(miniature.backbone(dropout=dropout), preprocessor)
    miniature.filled(model)
    model.compile(keras.optimizers.SGD(1.0), loss)
    before = model.get_weights()
    model.train_on_batch((*PAIRS, WRONG))
    seeds = [np.array(v) for v in model.non_trainable_variables if v.path.endswith("seed")]
    return [a - b for a, b in zip(before, model.get_weights(), strict=True)], seeds


def test_cached_loss_draws_the_same_dropout_twice(monkeypatch):
    loss = losses.CachedMultipleNegativesRankingLoss(mini_batch_size=3)
    cached, seeds = gradients(loss, 0.5)

    def kept(model, run, inputs, size):
        """Run in mini batches, and keep the activations."""
        parts = [{k: x[i : i + size] for k, x in inputs.items()} for i in range(0, 9, size)]
        return keras.ops.concatenate([run(part) for part in parts])

    monkeypatch.setattr("nlpkit.tasks.text_embedder.run_in_mini_batches", kept)
    expected, expected_seeds = gradients(loss, 0.5)
    for found, wanted in zip(cached + seeds, expected + expected_seeds, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.by_turns
def test_cached_loss_has_the_gradient_of_the_batch():
    cached, _ = gradients(losses.CachedMultipleNegativesRankingLoss(mini_batch_size=4), 0.0)
    whole, _ = gradients(losses.MultipleNegativesRankingLoss(), 0.0)
    assert max(np.abs(part).max() for part in whole) > 0.1
    for found, wanted in zip(cached, whole, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)
