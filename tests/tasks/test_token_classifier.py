"""TokenClassifier: entities with exact offsets, trained on spans or on words, in windows."""

import json

import numpy as np
import pytest
from tasks.miniature import SPECIAL, Batches, backbone, filled, generator, tf_dataset

from conformance.cases.case import assert_close
from conformance.cases.decoder import rows_of_ids
from conformance.decoder_programs import run
from nlpkit.models import BertTokenizer, TokenClassifier, TokenClassifierPreprocessor
from nlpkit.tasks.results.entities import Entity

LABELS = TokenClassifier.tags(["FILM", "PER"])
WORDS = ["i", "saw", "up", "with", "ann", "##a", "and", "bob", "##s", ".", "蛋", "黄"]
TEXTS = ["I saw Up.", "Anna saw  Bobs\nand Up", "with", "Ann蛋黄 saw"]
SPANS = [
    [(6, 8, "FILM")],
    [(19, 21, "FILM"), (0, 4, "PER"), (9, 15, "PER")],  # With white space around it.
    [],
    [{"start": 0, "end": 3, "label": "PER"}, {"start": 4, "end": 5, "label": "FILM"}],
]
FOUND = [
    [("FILM", "Up")],
    [("PER", "Anna"), ("PER", "Bobs"), ("FILM", "Up")],
    [],
    [("PER", "Ann"), ("FILM", "黄")],
]
LONG = " . ".join([TEXTS[0]] * 9)
LONG_SPANS = [(12 * i + 6, 12 * i + 8, "FILM") for i in range(9)]
ROWS = [["I", "saw", "Up", "."], ["Anna", "saw", "Bobs", "and", "Up"]]
TAGS = [["O", "O", "B-FILM", "O"], ["B-PER", "O", "B-PER", "O", "B-FILM"]]


def make(labels=LABELS, **preprocessing):
    given = {"sequence_length": 8, "stride": 2, **preprocessing}
    preprocessor = TokenClassifierPreprocessor(
        BertTokenizer(SPECIAL + WORDS, lowercase=True), **given
    )
    body = backbone(vocabulary_size=17, pooler=False, hidden_dim=16)
    return filled(TokenClassifier(body, labels, preprocessor, dropout=0.0))


@pytest.fixture(scope="module")
def trained():
    model = make()
    model.optimizer.learning_rate = 0.02
    model.fit([*TEXTS, LONG], [*SPANS, LONG_SPANS], epochs=40, batch_size=4, verbose=0)
    return model


def named(texts, entities):
    for text, row in zip(texts, entities, strict=True):
        assert all(text[e.start : e.end] == e.text for e in row)
    return [[(e.label, e.text) for e in row] for row in entities]


def test_learns_spans_and_finds_them(trained):
    found = trained.predict(TEXTS, verbose=0)
    assert named(TEXTS, found) == FOUND
    assert all(0.5 < entity.score <= 1 for row in found for entity in row)
    loss, accuracy = trained.evaluate(TEXTS, SPANS, verbose=0)
    assert accuracy == 1
    assert trained.evaluate(TEXTS, found, verbose=0)[0] == pytest.approx(loss)  # As SPANS.


def test_long_text_is_read_in_windows(trained):
    (found,) = trained.predict([LONG], verbose=0)
    assert [(e.start, e.end, e.label) for e in found] == LONG_SPANS
    assert named([LONG], [found])[0] == FOUND[0] * 9


def test_words_get_a_label_each(trained):
    assert trained.predict(ROWS, words=True, verbose=0) == TAGS
    loss, accuracy = trained.evaluate(ROWS, TAGS, words=True, verbose=0)
    assert accuracy == 1
    numbers = [[LABELS.index(tag) for tag in row] for row in TAGS]
    assert trained.evaluate(ROWS, numbers, words=True, verbose=0)[0] == pytest.approx(loss)
    table = {"tokens": ROWS, "labels": TAGS}
    assert trained.evaluate(table, words=True, verbose=0)[0] == pytest.approx(loss)


def test_ignored_labels_and_further_tokens_have_no_weight():
    reader = make()._reader(words=True)
    _, classes, weights = reader([["Anna", "and", "Bobs"]], [[-100, "O", "I-PER"]], np.array([0.5]))
    # [CLS] ann ##a and bob ##s [SEP]
    assert weights.tolist() == [[0, 0, 0, 0.5, 0.5, 0, 0, 0]]
    assert classes[0, 4] == LABELS.index("I-PER")


def test_each_unit_has_a_weight_in_one_window():
    reader = make(padding_side="left")._reader()
    text = "up " * 20
    features, classes, weights = reader([text], [[(3 * i, 3 * i + 2, "FILM") for i in range(20)]])
    assert weights.sum() == 20
    assert (classes[weights > 0] == LABELS.index("B-FILM")).all()
    assert (features["token_ids"][weights > 0] == 7).all()


@pytest.mark.by_turns
def test_every_token_may_be_classified():
    reader = make(subwords="all")._reader()
    *_, classes, weights = reader(["Anna"], [[(3, 4, "PER")]])
    assert classes[0, 1:3].tolist() == [0, LABELS.index("B-PER")]
    assert weights[0, 1:3].tolist() == [1, 1]


@pytest.mark.by_turns
@pytest.mark.parametrize("source", ["batches", "generator", "table"])
def test_forms_of_data(trained, source):
    texts, spans = TEXTS * 2, SPANS * 2
    expected = trained.evaluate(texts, spans, verbose=0)
    given = {
        "batches": lambda: (Batches(texts, spans),),
        "generator": lambda: (generator(texts, spans),),
        "table": lambda: ({"text": texts, "labels": spans},),
    }[source]()
    assert trained.evaluate(*given, verbose=0) == pytest.approx(expected)
    alone = {"batches": Batches(texts), "generator": generator(texts)}.get(source, {"text": texts})
    assert named(texts, trained.predict(alone, verbose=0)) == FOUND * 2


def test_tf_data(trained):
    tf = pytest.importorskip("tensorflow")
    assert named(TEXTS, trained.predict(tf_dataset(TEXTS), verbose=0)) == FOUND
    rows = [[[*s.values()] if isinstance(s, dict) else s for s in row] for row in SPANS]
    spans = {
        name: tf.ragged.constant([[span[i] for span in row] for row in rows], dtype=dtype)
        for i, (name, dtype) in enumerate(
            [("start", "int32"), ("end", "int32"), ("label", "string")]
        )
    }
    expected = trained.evaluate(TEXTS, SPANS, verbose=0)
    assert trained.evaluate(tf_dataset(TEXTS, spans), verbose=0) == pytest.approx(expected)
    words = tf_dataset(*map(tf.ragged.constant, (ROWS, TAGS)))
    expected = trained.evaluate(ROWS, TAGS, words=True, verbose=0)
    assert trained.evaluate(words, words=True, verbose=0) == pytest.approx(expected)
    assert trained.predict(words, words=True, verbose=0) == TAGS
    # In the second batch, where TensorFlow reports it.
    wrong = tf_dataset(*map(tf.ragged.constant, (ROWS * 2, [*TAGS, TAGS[0], ["X"] * 5])))
    with pytest.raises(ValueError, match=r"^y must contain labels, .*; got 'X' in row 1\.$"):
        trained.evaluate(wrong, words=True, verbose=0)


WRONG = [
    (["up"], [[(0, 3, "FILM")]], "within its text of 2 characters"),
    (["up"], [[(-1, 2, "FILM")]], "within its text"),
    (["up"], [[(1, 1, "FILM")]], "within its text"),
    (["up . "], [[(4, 5, "FILM")]], "white space"),
    (["up"], [[(0, 2, "BOOK")]], "one of FILM, PER; got 'BOOK'"),
    (["up"], [[(0, 2, "B-FILM")]], "one of FILM, PER"),
    (["anna saw"], [[(0, 8, "PER"), (5, 8, "PER")]], "overlap"),
    (["anna"], [[(0, 3, "PER")]], "'Ann'|'ann', splits 'anna'"),
    (["anna"], [["PER"]], "words=True"),
    (["anna"], [[(0, 4)]], "start, end, label"),
    (["anna", "up"], [[]], "same length; got 2 and 1"),
    (["anna"], None, "y must have a list"),
    ([("anna", "up")], [[]], "words=True"),
    ([], [], "at least one example"),
]


@pytest.mark.by_turns
@pytest.mark.parametrize(("x", "y", "message"), WRONG)
def test_wrong_spans_are_refused(trained, x, y, message):
    with pytest.raises(ValueError, match=message):
        trained.fit(x, y, verbose=0)


WRONG_WORDS = [
    ([["up", "saw"]], [["O"]], "1 labels for 2 words in row 0"),
    ([["up"]], [["B-BOOK"]], "got 'B-BOOK' in row 0"),
    ([["up"]], [[5]], "got 5"),
    ([["up"]], [[0.5]], "got 0.5"),
    ([["up", " "]], [["O", "B-PER"]], "must have tokens; ' ', word 1 of row 0"),
    ([["ann" + "a" * 8]], [["O"]], "never splits a word"),
    ([["up"]], [["O"], ["O"]], "same length"),
]


@pytest.mark.by_turns
@pytest.mark.parametrize(("x", "y", "message"), WRONG_WORDS)
def test_wrong_words_are_refused(trained, x, y, message):
    with pytest.raises(ValueError, match=message):
        make(subwords="first")._reader(words=True)(x, y)
    with pytest.raises(TypeError, match="list of words"):
        trained.predict(["up"], words=True)


@pytest.mark.by_turns
def test_labels_must_be_usable():
    with pytest.raises(ValueError, match="once"):
        make(["O", "O"])
    with pytest.raises(ValueError, match="'O'"):
        make(["A", "B"])._reader()(["up"], [[(0, 2, "A")]])


def test_preset_keeps_labels_and_entities(trained, tmp_path):
    trained.save_to_preset(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert [config["id2label"][str(i)] for i in range(5)] == LABELS
    again = TokenClassifier.from_preset(tmp_path)
    expected = trained.predict(TEXTS, verbose=0)
    assert named(TEXTS, again.predict(TEXTS, verbose=0)) == named(TEXTS, expected)
    assert isinstance(expected[0][0], Entity)
    fresh = TokenClassifier.from_preset(tmp_path, load_head=False, labels=["O", "X"])
    assert fresh.labels == ["O", "X"]


@pytest.mark.parametrize("family", ["Bert", "Llama", "GPT2"])
def test_logits_are_those_of_transformers(family, tmp_path):
    import torch
    import transformers

    sizes = {"vocab_size": 31, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 4}
    cls = getattr(transformers, f"{family}ForTokenClassification")
    torch.manual_seed(0)
    theirs = cls(cls.config_class(**sizes, id2label=dict(enumerate(LABELS)), pad_token_id=0)).eval()
    theirs.save_pretrained(tmp_path / "theirs")
    ours = TokenClassifier.from_preset(tmp_path / "theirs", preprocessor=None)
    assert ours.labels == LABELS
    ids, mask = rows_of_ids(31)
    ids = np.where(mask, np.maximum(ids, 1), 0)
    with torch.no_grad():
        expected = theirs(torch.tensor(ids), attention_mask=torch.tensor(mask)).logits.numpy()
    assert_close(run(ours, token_ids=ids, padding_mask=mask)[mask], expected[mask])
    ours.save_to_preset(tmp_path / "ours")
    assert type(cls.from_pretrained(tmp_path / "ours")) is cls
