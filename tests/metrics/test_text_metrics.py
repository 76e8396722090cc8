"""Metrics of texts equal sacrebleu and rouge-score, whose scores are here, on strings and ids."""

import sys

import keras
import numpy as np
import pytest

import nlpkit
from nlpkit.metrics import (
    Bleu,
    CharacterErrorRate,
    ChrF,
    EditDistance,
    RougeL,
    RougeN,
    WordErrorRate,
)
from nlpkit.tokenizers import BertTokenizer, ByteTokenizer

REFERENCES = [
    "the quick brown fox jumps over the lazy dog",
    "two dogs are running on the beach",
    "nothing to see here",
    "the the the the",
    "",
    "the old man is reading",
]
TEXTS = [
    "the quick brown fox jumped over a lazy dog",
    "two dogs run on the beach",
    "",
    "the the",
    "the dog",
    "the old man is reading",
]
WORDS = sorted({word for text in REFERENCES + TEXTS for word in text.split()})
TOKENIZER = BertTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS])


# Of sacrebleu 2.6 and rouge-score 0.1.2; the last two counted by hand.
BLEU, CHRF = 0.39921094, 0.61229273
ROUGE_2 = {"precision": 0.51666667, "recall": 0.38888889, "f1_score": 0.42424242}
ROUGE_L = {"precision": 0.60185185, "recall": 0.49867725, "f1_score": 0.53561254}
WORDS_WRONG, CHARACTERS_WRONG = 12 / 29, 47 / 132


def metrics(tokenizer=None):
    """Each metric, with its result."""
    return [
        (Bleu(tokenizer), BLEU),
        (ChrF(tokenizer), CHRF),
        (RougeN(tokenizer=tokenizer), ROUGE_2),
        (RougeL(tokenizer=tokenizer), ROUGE_L),
        (WordErrorRate(tokenizer), WORDS_WRONG),
        (CharacterErrorRate(tokenizer), CHARACTERS_WRONG),
    ]


def value(metric):
    found = metric.result()
    values = found.values() if isinstance(found, dict) else [found]
    values = [float(x) for x in values]
    return dict(zip(found, values, strict=True)) if isinstance(found, dict) else values[0]


def ids(texts):
    """Ids as models are given and predict: padded, and between tokens that do not count."""
    rows = [[*TOKENIZER(text), TOKENIZER.sep_token_id] for text in [*texts, "the fox"]]
    return np.array([[5, *row, *[0] * (10 - len(row)), 6] for row in rows])


WEIGHTS = np.ones((7, 12), "float32")
WEIGHTS[:, [0, -1]] = 0
WEIGHTS[-1] = 0


def test_batches_of_strings_add_up_and_a_reset_forgets():
    for metric, expected in metrics():
        assert value(metric) == (dict.fromkeys(expected, 0) if type(expected) is dict else 0)
        metric.update_state(REFERENCES[:1], TEXTS[:1])
        metric.reset_state()
        for part in (slice(0, 1), slice(1, 6)):
            metric.update_state(np.array(REFERENCES[part]), [[text] for text in TEXTS[part]])
        assert value(metric) == pytest.approx(expected, rel=1e-6), metric.name


def test_a_model_counts_ids_while_it_learns():
    size = TOKENIZER.vocabulary_size()
    layer = keras.layers.Dense(size, kernel_initializer="identity")
    model = keras.Sequential([keras.Input((12, size)), layer])
    given = metrics(TOKENIZER)
    counted = [metric for metric, _ in given if not isinstance(metric, RougeN)]
    model.compile(
        keras.optimizers.SGD(0.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=counted,
    )
    x, y = np.eye(size, dtype="float32")[ids(TEXTS)], ids(REFERENCES)
    trained = model.fit(x, y, sample_weight=WEIGHTS, batch_size=4, verbose=0, shuffle=False).history
    tested = model.evaluate(x, y, 4, sample_weight=WEIGHTS, verbose=0, return_dict=True)
    expected = {"bleu": BLEU, "chrf": CHRF, **ROUGE_L, "word_error_rate": WORDS_WRONG}
    expected["character_error_rate"] = CHARACTERS_WRONG
    for name, score in expected.items():
        assert tested[name] == trained[name][-1] == pytest.approx(score, rel=1e-6), name


@pytest.mark.by_turns(0)
def test_a_task_lends_its_tokenizer_also_when_reopened(tmp_path):
    task = nlpkit.models.CausalLM.from_preset("gpt2_nano_en_shakespeare")
    own = WordErrorRate(task.preprocessor.tokenizer, name="of_its_own")
    task.compile(weighted_metrics=[WordErrorRate(), own])
    expected = task.evaluate(["ROMEO: I will go."], verbose=0, return_dict=True)
    assert expected["word_error_rate"] == expected["of_its_own"] > 0
    task.save(tmp_path / "task.keras")
    revived = keras.models.load_model(tmp_path / "task.keras")
    assert revived.evaluate(["ROMEO: I will go."], verbose=0, return_dict=True) == expected


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="XLA within a graph")
def test_xla_on_tensorflow_is_refused_with_what_would_do():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    model.compile(loss="mse", metrics=[EditDistance()], jit_compile=True)
    with pytest.raises(ValueError, match="jit_compile=False"):
        model.evaluate(np.zeros((1, 2)), np.zeros((1, 2)), verbose=0)


@pytest.mark.by_turns
def test_several_references():
    references = [
        [one, *([other] if i % 2 == 0 else [])]
        for i, (one, other) in enumerate(
            zip(REFERENCES, REFERENCES[1:] + REFERENCES[:1], strict=True)
        )
    ]
    bleu = Bleu()
    assert float(bleu(references, TEXTS)) == pytest.approx(0.40436311, rel=1e-6)
    assert "nrefs:var" in bleu.signature
    both = [*zip(REFERENCES, REFERENCES[1:] + REFERENCES[:1], strict=True)]
    rouge = RougeN(order=1)
    rouge.update_state(both, TEXTS)
    assert [*value(rouge).values()] == pytest.approx([0.68518519, 0.53201058, 0.58323158])
    best = RougeN(order=1)([["a b c d e f g", "a b x"]], ["a b c"])
    assert float(best["precision"]) == float(best["f1_score"]) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="one reference"):
        WordErrorRate()(both, TEXTS)


@pytest.mark.by_turns
def test_settings_are_sacrebleu_s():
    bleu = Bleu(max_order=2, smooth=False, tokenize="char", lowercase=True)
    assert float(bleu(REFERENCES, TEXTS)) == pytest.approx(0.65827426, rel=1e-6)
    assert bleu.signature.startswith("nrefs:1|case:lc|eff:no|tok:char|smooth:none|version:")
    chrf = ChrF(word_order=2)
    assert float(chrf(REFERENCES, TEXTS)) == pytest.approx(0.61110996, rel=1e-6)
    assert "nw:2" in chrf.signature
    for wrong in ({"smooth": "linear"}, {"tokenize": "spm"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Bleu(**wrong)


@pytest.mark.by_turns
def test_words_are_stemmed():
    pytest.importorskip("nltk", reason="needs nltk, of the extra [metrics]")
    rouge = RougeN(order=1, use_stemmer=True)
    rouge.update_state("the dogs were running quickly", "a dog runs quick")
    assert value(rouge) == pytest.approx({"precision": 0.5, "recall": 0.4, "f1_score": 4 / 9})


@pytest.mark.by_turns
def test_edit_distance_of_tokens_and_ids():
    one, other = ["a", "b", "c"], [b"a", b"c", b"d", b"e"]
    assert float(EditDistance()(one, other)) == pytest.approx(3 / 3)
    distance = EditDistance(normalize=False)
    distance.update_state([one, []], [other, ["a"]])
    assert float(distance.result()) == pytest.approx((3 + 1) / 2)
    distance.reset_state()
    distance.update_state([[1, 2, 3, 0]], [[1, 3, 2, 4]], [[1.0, 1.0, 1.0, 0.0]])
    assert float(distance.result()) == 2
    with pytest.raises(ValueError, match="got 2 and 1"):
        distance([[1], [2]], [[1]])


@pytest.mark.by_turns
def test_weights_of_texts_leave_them_out():
    rate = WordErrorRate()
    rate.update_state(["a b", "c d"], ["a b", "x y"], [0.5, 0.0])
    assert float(rate.result()) == 0
    rate.update_state(["a b"], ["a b"], [0.0])
    assert float(rate.result()) == 0


@pytest.mark.by_turns
def test_ids_beyond_the_vocabulary_are_no_text():
    rate = CharacterErrorRate(ByteTokenizer())
    assert float(rate([[97, 98]], [[97, 98, 300]])) == 0


@pytest.mark.by_turns
def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="tokenizer="):
        Bleu()([[1, 2]], [[1, 2]])
    with pytest.raises(TypeError, match="tokenizer must be"):
        Bleu(str.split)
    with pytest.raises(ValueError, match="got 2 and 1"):
        RougeL()(["a", "b"], ["a"])
    with pytest.raises(ValueError, match="a reference for each"):
        RougeL()([[], ["b"]], ["a", "b"])
    with pytest.raises(ValueError, match="a text for each row"):
        RougeL()(["a", "b"], [["a"], ["b", "c"]])
    with pytest.raises(TypeError, match="y_true must be str"):
        RougeL()([None, "b"], ["a", "b"])
    with pytest.raises(ValueError, match="order must be from 1 to 9"):
        RougeN(order=10)
    with pytest.raises(ValueError, match="float dtype"):
        RougeL(dtype="int32")


@pytest.mark.by_turns
def test_the_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(ImportError, match=r'ChrF needs .*"nlpkit\[metrics\]"'):
        ChrF()
