"""Scores of pairs: ranking, training, and the folders of cross-encoders."""

import json

import keras
import numpy as np
import pytest
from tasks import miniature
from tasks.miniature import TEXTS

from nlpkit.models import BertClassifier, Reranker, TextClassifier
from nlpkit.tasks.reranker import RankedDocument

QUERY = "good film"
SIGMOID = "torch.nn.modules.activation.Sigmoid"


def build(**changes):
    arguments = {"preprocessor": miniature.preprocessor(), "dropout": 0.0}
    return miniature.filled(Reranker(miniature.backbone(), **{**arguments, **changes}))


@pytest.fixture(scope="module")
def reranker():
    return build()


def test_ranks_by_the_score_of_each_pair(reranker):
    scores = reranker.predict(([QUERY] * len(TEXTS), TEXTS), verbose=0)[:, 0]
    order = np.argsort(-scores)
    ranked = reranker.rank(QUERY, TEXTS, batch_size=4)
    assert [one.index for one in ranked] == order.tolist()
    assert [one.text for one in ranked] == [TEXTS[i] for i in order]
    np.testing.assert_allclose([one.score for one in ranked], scores[order], atol=1e-6)
    assert reranker.rank(QUERY, TEXTS, top_k=2, batch_size=4) == ranked[:2]
    assert isinstance(ranked[0], RankedDocument)
    assert reranker.rank(QUERY, []) == []


def test_learns_labels_from_0_to_1():
    model = build()
    model.compile(keras.optimizers.Adam(0.01))
    labels = [1, 0, 0.5, 0, 1, 0.25]
    losses = model.fit((TEXTS[::-1], TEXTS), labels, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("activation", ["sigmoid", None])
@pytest.mark.by_turns
def test_saved_as_a_cross_encoder(activation, tmp_path):
    model = build(activation=activation)
    model.save_to_preset(tmp_path)
    (tmp_path / "nlpkit.json").unlink()
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["architectures"] == ["BertForSequenceClassification"]
    usual = {"sigmoid": SIGMOID, None: "torch.nn.modules.linear.Identity"}[activation]
    assert config["sentence_transformers"] == {"activation_fn": usual}
    loaded = Reranker.from_preset(tmp_path)
    assert loaded.activation == activation
    assert [one.index for one in loaded.rank(QUERY, TEXTS)] == [
        one.index for one in model.rank(QUERY, TEXTS)
    ]
    classifier = TextClassifier.from_preset(tmp_path)
    assert type(classifier) is BertClassifier
    assert classifier.num_classes == 1


@pytest.mark.by_turns
def test_older_and_other_configurations(tmp_path):
    build().save_to_preset(tmp_path)
    assert type(Reranker.from_preset(tmp_path)) is Reranker
    assert type(TextClassifier.from_preset(tmp_path)) is Reranker
    (tmp_path / "nlpkit.json").unlink()
    path = tmp_path / "config.json"
    config = json.loads(path.read_text())
    del config["sentence_transformers"]

    def load(**changes):
        path.write_text(json.dumps({**config, **changes}))
        return Reranker.from_preset(tmp_path)

    assert load().activation == "sigmoid"
    identity = "torch.nn.modules.linear.Identity"
    assert load(sbert_ce_default_activation_function=identity).activation is None
    with pytest.raises(ValueError, match=r"os\.system"):
        load(sentence_transformers={"activation_fn": "os.system"})
    names = {str(i): str(i) for i in range(3)}
    with pytest.raises(ValueError, match="one score"):
        load(id2label=names, label2id={name: int(name) for name in names})


REFUSED = {
    "no query": (lambda m: m.rank(None, TEXTS), TypeError, "query must be a str"),
    "one text": (lambda m: m.rank(QUERY, "text"), ValueError, "list of texts"),
    "number": (lambda m: m.rank(QUERY, ["a", 1]), TypeError, "in row 1"),
    "none wanted": (lambda m: m.rank(QUERY, TEXTS, top_k=0), ValueError, "top_k must be"),
    "no preprocessor": (lambda _: build(preprocessor=None).rank("a", ["b"]), ValueError, "none"),
    "label": (lambda m: m.fit((TEXTS, TEXTS), [2] * 6, verbose=0), ValueError, "from 0 to 1"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.by_turns
def test_refused(reranker, case):
    use, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        use(reranker)
