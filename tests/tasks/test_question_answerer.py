"""QuestionAnswerer: answers with exact offsets in contexts of any length, or no answer."""

import numpy as np
import pytest
from tasks.miniature import SPECIAL, Batches, backbone, filled, generator, tf_dataset

from conformance.cases.case import assert_close
from conformance.cases.decoder import rows_of_ids
from conformance.decoder_programs import run
from nlpkit.models import BertTokenizer, QuestionAnswerer, QuestionAnswererPreprocessor
from nlpkit.preprocessors.examples.text_units import TextUnits
from nlpkit.preprocessors.examples.windows import windows
from nlpkit.preprocessors.window_preprocessor import TextWindow
from nlpkit.tasks.results.answers import Answer, ReadWindow, answer_of

WORDS = [
    "who",
    "where",
    "ann",
    "bob",
    "in",
    "rome",
    "##s",
    "saw",
    "film",
    "a",
    "东",
    "京",
    ".",
    "?",
]
QUESTIONS = ["Who?", "Where?", "Who?", "Where?", "Where?"]
CONTEXTS = ["Ann saw a film in Rome.", "Bob  in 东京.", "bobs film .", "A film.", "in\n Rome "]
ANSWERS = [(0, "Ann"), (8, "东京"), (0, "bobs"), None, {"answer_start": [4], "text": ["Rome "]}]
FOUND = ["Ann", "东京", "bobs", "", "Rome"]
LONG = "A film. " * 20 + "Ann in Rome. " + "A film. " * 20


def preprocessor(**changes):
    given = {"sequence_length": 16, "stride": 4, **changes}
    return QuestionAnswererPreprocessor(BertTokenizer(SPECIAL + WORDS, lowercase=True), **given)


@pytest.fixture(scope="module")
def trained():
    body = backbone(vocabulary_size=19, pooler=False, hidden_dim=16, max_sequence_length=16)
    model = filled(QuestionAnswerer(body, preprocessor()))
    model.optimizer.learning_rate = 0.02
    x = ([*QUESTIONS, "Where?"], [*CONTEXTS, LONG])
    model.fit(x, [*ANSWERS, (LONG.index("Rome"), "Rome")], epochs=80, batch_size=64, verbose=0)
    return model


def texts_of(answers, contexts):
    assert all(c[a.start : a.end] == a.text for a, c in zip(answers, contexts, strict=True))
    return [answer.text for answer in answers]


def test_learns_answers_and_finds_them(trained):
    x = (QUESTIONS, CONTEXTS)
    found = trained.predict(x, no_answer=True, verbose=0)
    assert texts_of(found, CONTEXTS) == FOUND
    assert all(0.3 < answer.score <= 1 for answer in found)
    loss, accuracy = trained.evaluate(x, ANSWERS, verbose=0)
    assert accuracy == 1
    assert trained.evaluate(x, found, verbose=0)[0] == pytest.approx(loss)  # As ANSWERS.
    assert all(a.text for a in trained.predict(x, verbose=0))  # The best there is.


def test_a_long_context_is_read_in_windows(trained):
    (answer,) = trained.predict([("Where?", LONG)], no_answer=True, verbose=0)
    assert (answer.start, answer.text) == (LONG.index("Rome"), "Rome")


def test_labels_are_the_tokens_of_the_answer():
    reader = QuestionAnswerer(
        backbone(vocabulary_size=19), preprocessor(padding_side="left")
    )._reader()
    features, labels, weights = reader((QUESTIONS[:2], CONTEXTS[:2]), ANSWERS[:2], [0.5, 1])
    ids = features["token_ids"]
    # ([CLS] who ? [SEP] ann …), and 东 to 京.
    assert [ids[0, i] for i in labels[0]] == [7, 7]
    assert [ids[1, i] for i in labels[1]] == [15, 16]
    assert weights.tolist() == [0.5, 1]
    _, labels, _ = reader(([QUESTIONS[0]], [CONTEXTS[3]]), [None])
    assert features["token_ids"][0, labels[0]].tolist() != [2, 2]


@pytest.mark.by_turns
def test_windows_that_share_tokens_count_them_once():
    units = TextUnits("abcd", range(4), [0, 1, 2, 3], [0, 1, 2, 3], [1, 2, 3, 4], [0, 1, 2, 3, 4])
    found = [TextWindow(0, units, window, []) for window in windows(units.splits, 3, 2)]
    logits = np.log([[1, 4, 2, 1], [1, 1, 5, 1]])
    parts = [logits[:, window.bounds.start : window.bounds.end] for window in found]
    read = [ReadWindow(*pair, np.zeros(2)) for pair in zip(found, parts, strict=True)]
    answer = answer_of(read, longest=5, no_answer=False)
    assert answer == Answer("bc", 1, 3, pytest.approx(4 / 8 * 5 / 8))
    assert answer_of(read, longest=1, no_answer=False).text == "c"
    assert answer_of(read, longest=5, no_answer=True).score == pytest.approx(4 / 9 * 5 / 9)
    sure = [read[0], read[1]._replace(nowhere=np.log([9.0, 9.0]))]
    assert answer_of(sure, longest=5, no_answer=True).text == "bc"  # One window alone says so.
    sure = [each._replace(nowhere=np.log([9.0, 9.0])) for each in read]
    none = answer_of(sure, longest=5, no_answer=True)
    assert none == Answer("", 0, 0, pytest.approx(9 / 17 * 9 / 17))


@pytest.mark.by_turns
def test_context_without_spaces_is_read_in_windows():
    context = "东京" * 378  # 756 characters.
    found = preprocessor()(([" Where?"], [context]))
    assert found["token_ids"].shape == (108, 16)


@pytest.mark.by_turns
@pytest.mark.parametrize("source", ["rows", "batches", "generator", "table"])
def test_forms_of_data(trained, source):
    pairs = [*zip(QUESTIONS, CONTEXTS, strict=True)][:4]
    expected = trained.evaluate(pairs, ANSWERS[:4], verbose=0)
    table = {"question": QUESTIONS[:4], "context": CONTEXTS[:4]}
    given = {
        "rows": lambda: (pairs, ANSWERS[:4]),
        "batches": lambda: (Batches(pairs, ANSWERS[:4]),),
        "generator": lambda: (generator(pairs, ANSWERS[:4]),),
        "table": lambda: ({**table, "answers": ANSWERS[:4]},),
    }[source]()
    assert trained.evaluate(*given, verbose=0) == pytest.approx(expected)
    alone = {"batches": Batches(pairs), "generator": generator(pairs), "table": table}
    found = trained.predict(alone.get(source, pairs), no_answer=True, verbose=0)
    assert texts_of(found, CONTEXTS[:4]) == FOUND[:4]


@pytest.mark.by_turns
def test_tf_data(trained):
    pytest.importorskip("tensorflow")
    x = QUESTIONS[:4], CONTEXTS[:4]
    found = trained.predict(tf_dataset(*x), no_answer=True, verbose=0)
    assert texts_of(found, CONTEXTS[:4]) == FOUND[:4]
    expected = trained.evaluate(x, ANSWERS[:4], verbose=0)
    answers = tuple(zip(*(answer or (0, "") for answer in ANSWERS[:4]), strict=True))
    answers = tuple(map(list, answers))
    assert trained.evaluate(tf_dataset(x, answers), verbose=0) == pytest.approx(expected)
    kept = trained.get_weights()
    steps = trained.fit(tf_dataset(x, answers), epochs=2, verbose=0).history["loss"]
    trained.set_weights(kept)
    assert len(steps) == 2


WRONG = [
    (("Who?", ""), None, "A context must have text"),
    (("Who?", " \n"), None, "A context must have text"),
    (("Who? " * 10, "Ann"), None, "and the question of row 0 take 23"),
    (("Who?", "Ann"), (1, "Ann"), "must stand where it says"),
    (("Who?", "Ann"), (7, "Ann"), "must stand where it says"),
    (("Who?", "Ann"), "Bob", "occurs 0 times"),
    (("Who?", "Ann and Ann"), "Ann", "occurs 2 times"),
    ("Ann", None, "pairs of a question and a context"),
    (("Who?", "Ann", "Bob"), None, "pairs of a question and a context"),
]


@pytest.mark.by_turns
@pytest.mark.parametrize(("x", "y", "message"), WRONG)
def test_wrong_examples_are_refused(trained, x, y, message):
    with pytest.raises(ValueError, match=message):
        trained.fit([x], [y], verbose=0)


@pytest.mark.by_turns
def test_wrong_columns_are_refused(trained):
    pairs = [("Who?", "Ann")]
    with pytest.raises(ValueError, match="same length"):
        trained.fit(pairs, [None, None])
    with pytest.raises(ValueError, match="y must have an answer"):
        trained.fit(pairs)
    with pytest.raises(ValueError, match="'question' and 'context'"):
        trained.predict({"question": ["Who?"], "text": ["Ann"]})
    with pytest.raises(ValueError, match="max_answer_length"):
        trained.predict(pairs, max_answer_length=0)


def test_preset_answers_alike(trained, tmp_path):
    trained.save_to_preset(tmp_path)
    again = QuestionAnswerer.from_preset(tmp_path)
    found = again.predict((QUESTIONS, CONTEXTS), no_answer=True, verbose=0)
    assert texts_of(found, CONTEXTS) == FOUND


@pytest.mark.parametrize("family", ["Bert", "Llama", "GPT2"])
def test_logits_and_loss_are_those_of_transformers(family, tmp_path):
    import torch
    import transformers

    sizes = {"vocab_size": 31, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 4}
    cls = getattr(transformers, f"{family}ForQuestionAnswering")
    torch.manual_seed(0)
    theirs = cls(cls.config_class(**sizes, pad_token_id=0)).eval()
    theirs.save_pretrained(tmp_path / "theirs")
    ours = QuestionAnswerer.from_preset(tmp_path / "theirs", preprocessor=None)
    ids, mask = rows_of_ids(31)
    ids = np.where(mask, np.maximum(ids, 1), 0)
    with torch.no_grad():
        found = theirs(torch.tensor(ids), attention_mask=torch.tensor(mask))
    expected = np.stack([found.start_logits.numpy(), found.end_logits.numpy()], axis=1)
    logits = run(ours, token_ids=ids, padding_mask=mask)
    assert_close(logits.transpose(0, 2, 1)[mask], expected.transpose(0, 2, 1)[mask])
    assert (logits.transpose(0, 2, 1)[~mask] == -1e4).all()
    ours.save_to_preset(tmp_path / "ours")
    opened = cls.from_pretrained(tmp_path / "ours").eval()
    with torch.no_grad():
        again = opened(torch.tensor(ids), attention_mask=torch.tensor(mask))
    assert_close(again.end_logits.numpy(), expected[:, 1], 1e-6)
