"""Texts of any length, up to the positions that there are, take time by their length."""

import numpy as np
import pytest
from tasks import miniature

from nlpkit import losses
from nlpkit.models import (
    BertClassifier,
    BertPreprocessor,
    TextEmbedder,
    TextEmbedderPreprocessor,
)
from nlpkit.ops import backend


@pytest.mark.skipif(backend.EAGER, reason="nothing is compiled")
def test_few_programs_for_texts_of_all_lengths(monkeypatch):
    backbone = miniature.backbone(max_sequence_length=64)
    embedder = TextEmbedder(backbone, TextEmbedderPreprocessor(miniature.tokenizer(), 64))
    shapes, traced, call = [], [], TextEmbedder.call

    def counted(self, *args, **kwargs):
        traced.append(1)
        return call(self, *args, **kwargs)

    monkeypatch.setattr(TextEmbedder, "call", counted)
    for texts in (["good"] * 5, ["bad film", "fine", "a film", "film", "dull good"] * 2):
        embedder.encode(texts, batch_size=5)  # Rows of 8 tokens.
    assert len(traced) == 1

    def run(features):
        shapes.append(features["token_ids"].shape)
        return np.zeros((shapes[-1][0], 8))

    monkeypatch.setattr(embedder, "_run", run)
    texts = ["good " * length for length in np.random.default_rng(0).integers(1, 60, 300)]
    embedder.encode(texts, batch_size=8)
    assert len(shapes) > 30
    assert len({*shapes}) <= 7
    for count in range(1, 60, 3):
        embedder.encode(texts[:count], batch_size=8)
    assert {length for _, length in shapes} <= {8, 16, 24, 32, 48, 64}
    assert {rows for rows, _ in shapes} <= {1, 2, 4, 8}


def test_batches_are_of_any_length():
    preprocessor = TextEmbedderPreprocessor(miniature.tokenizer(), 24)
    model = miniature.filled(
        TextEmbedder(miniature.backbone(max_sequence_length=24), preprocessor=preprocessor)
    )
    texts = ["good", "bad", "fine", "a film " * 10]
    embeddings = np.concatenate([model.predict([text], verbose=0) for text in texts])
    assert model.predict(texts, batch_size=1, verbose=0) == pytest.approx(embeddings, abs=1e-6)
    pairs, labels = (texts, texts[::-1]), [1.0, 0.5, 0.5, 1.0]
    model.compile("sgd", losses.CosineSimilarityLoss())
    model.fit(pairs, labels, batch_size=1, shuffle=False, verbose=0)
    one_by_one = model.evaluate(pairs, labels, batch_size=1, verbose=0)
    assert one_by_one == pytest.approx(model.evaluate(pairs, labels, verbose=0), abs=1e-6)


def test_texts_beyond_the_positions_are_refused():
    preprocessor = TextEmbedderPreprocessor(miniature.tokenizer(), 24)
    model = miniature.filled(TextEmbedder(miniature.backbone(), preprocessor=preprocessor))
    with pytest.raises(ValueError, match="24 positions a row, the backbone has 8"):
        model.predict(["good", "a film " * 20], batch_size=1, verbose=0)
    assert np.isfinite(model.predict(["good"], verbose=0)).all()


@pytest.mark.parametrize("side", ["right", "left"])
def test_classifiers_predict_rows_as_long_as_their_texts(side):
    preprocessor = BertPreprocessor(miniature.tokenizer(), 40, padding_side=side)
    backbone = miniature.backbone(max_sequence_length=40)
    model = miniature.filled(BertClassifier(backbone, 2, preprocessor=preprocessor))
    texts = ["good", "a film " * 15, "bad", "dull film " * 3, "fine", "a good film"]
    whole = model.predict_on_batch(texts)
    np.testing.assert_allclose(model.predict(texts, batch_size=2, verbose=0), whole, atol=1e-6)
    batch = model._reader(labelled=False).dataset(["good"], None, None, 2, False)
    features = next(iter(batch)) if backend.FIXES_SHAPES else batch[0]
    assert features["token_ids"].shape[1] < 10
    pairs = model.predict_on_batch(list(zip(texts, texts[::-1], strict=True)))
    found = model.predict((texts, texts[::-1]), batch_size=2, verbose=0)
    np.testing.assert_allclose(found, pairs, atol=1e-6)
    first = model.predict(texts, batch_size=2, steps=1, verbose=0)
    assert first == pytest.approx(whole[:2], abs=1e-6)
