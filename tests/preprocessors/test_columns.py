"""A tuple is columns, a list is rows, whatever library the values are in."""

import numpy as np
import pytest
from stand_ins import Arrow, Frame, Polars, Sequence, Series, Table

from nlpkit.preprocessors import CausalLMPreprocessor, TextClassifierPreprocessor
from nlpkit.preprocessors.examples.columns import read_array, read_columns
from nlpkit.tokenizers import ByteTokenizer

TEXTS = ["a", "bad", "good film"]
SECOND = ["film", "a a", "bad"]
PAIRS = list(zip(TEXTS, SECOND, strict=True))
COLUMNS = [
    np.array,
    lambda x: np.array(x, object),
    lambda x: np.array(x)[:, None],
    lambda x: [[text] for text in x],
    Series,
    Polars,
    Arrow,
    Sequence,
]


def listed(columns):
    if isinstance(columns, tuple):
        return tuple(map(listed, columns))
    return columns if isinstance(columns, str) else list(columns)


@pytest.mark.parametrize("form", COLUMNS)
def test_a_column_of_strings(form):
    assert listed(read_columns(form(TEXTS))) == TEXTS
    assert listed(read_columns((form(TEXTS), TEXTS))) == (TEXTS, TEXTS)


PAIR_FORMS = [
    lambda pairs: pairs,
    lambda pairs: [list(pair) for pair in pairs],
    lambda pairs: [np.array(pair) for pair in pairs],
    np.array,
    lambda pairs: np.array(pairs, object),
    Series,
    Arrow,
    lambda pairs: tuple(map(list, zip(*pairs, strict=True))),
    lambda pairs: tuple(map(Series, zip(*pairs, strict=True))),
]


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("form", PAIR_FORMS)
def test_pairs_of_any_number(form, rows):
    assert listed(read_columns(form(PAIRS[:rows]))) == (TEXTS[:rows], SECOND[:rows])


@pytest.mark.parametrize(
    "form", [dict, Frame, Table, lambda x: np.rec.fromarrays([*x.values()], names=[*x])]
)
def test_columns_of_a_table_go_by_name(tokenizer, form):
    table = form({"text": TEXTS, "label": [1, 0, 1], "second": SECOND})
    x, y, sample_weight = TextClassifierPreprocessor(tokenizer).read(table)
    assert (listed(x), listed(y), sample_weight) == ((TEXTS, SECOND), [1, 0, 1], None)


def test_rows_may_be_dicts(tokenizer):
    rows = [{"text": text, "labels": 1, "sample_weight": 0.5} for text in TEXTS]
    x, y, sample_weight = TextClassifierPreprocessor(tokenizer).read(rows)
    assert (x, listed(y), listed(sample_weight)) == (TEXTS, [1] * 3, [0.5] * 3)


def test_prompts_and_responses_in_a_table():
    preprocessor = CausalLMPreprocessor(ByteTokenizer(), 8, add_end_token=False)
    columns = {"prompts": TEXTS, "responses": SECOND}
    wanted, actual = preprocessor(columns), preprocessor(Frame(columns))
    np.testing.assert_array_equal(actual[0]["token_ids"], wanted[0]["token_ids"])
    np.testing.assert_array_equal(actual[2], wanted[2])
    alone = preprocessor({"text": TEXTS})[0]["token_ids"]
    np.testing.assert_array_equal(alone, preprocessor(TEXTS)[0]["token_ids"])


@pytest.mark.parametrize("example", ["a", ("a", "bad"), {"text": "a"}])
def test_a_single_example_has_no_batch_axis(tokenizer, example):
    assert TextClassifierPreprocessor(tokenizer, 8)(example)["token_ids"].shape == (8,)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ((), "got an empty tuple"),
        ([("a", "b"), ("a",)], "same number of segments; got 2 in row 0 and 1 in row 1"),
        ([("a", "b"), "a"], "all strings or all lists of segments; got 'a' in row 1"),
        ([Series(TEXTS), Series(SECOND)], r"a list of Series.* pass tuple\(x\)"),
        ((PAIRS, TEXTS), r"x\[0\] must be one column of strings; it has 2 columns"),
        ([{"text": "a"}, {"texts": "a"}], "same keys; got .*'text'.* in row 0 and .*'texts'"),
        ({"text": PAIRS}, r"x\['text'\] must be one column of strings; it has 2 columns"),
        ({"label": [1]}, "x must have a column of texts"),
        (Frame({"a": TEXTS}, names=["a", "a"]), "columns of a frame must have different names"),
    ],
)
def test_rows_that_do_not_match_are_refused(tokenizer, x, message):
    with pytest.raises(ValueError, match=message):
        TextClassifierPreprocessor(tokenizer).read(x)


def test_columns_that_hold_no_text_are_refused(tokenizer):
    with pytest.raises(TypeError, match=r"x\['idx'\] must contain strings"):
        TextClassifierPreprocessor(tokenizer).read({"text": TEXTS, "idx": [1, 2, 3]})


def test_labels_that_come_twice_are_refused(tokenizer):
    with pytest.raises(ValueError, match="y must be given once; .* column 'label' of x"):
        TextClassifierPreprocessor(tokenizer).read({"text": TEXTS, "label": [1] * 3}, [1] * 3)


@pytest.mark.parametrize("form", [list, tuple, np.array, Series, Polars, Arrow, Sequence])
def test_labels_are_an_array_in_the_order_of_their_rows(form):
    labels = read_array(form([3, 1, 2]), "y")
    assert isinstance(labels, np.ndarray)
    assert labels.tolist() == [3, 1, 2]


def test_a_dataset_of_tables(tf, tokenizer):
    preprocessor = TextClassifierPreprocessor(tokenizer, 8)
    table = {"text": TEXTS, "label": [1, 0, 1], "another": SECOND}
    wanted = preprocessor((TEXTS, SECOND))["token_ids"]
    single = tf.data.Dataset.from_tensor_slices(table)
    for dataset in (single.map(preprocessor).batch(3), single.batch(3).map(preprocessor)):
        features, labels = next(iter(dataset))
        np.testing.assert_array_equal(features["token_ids"], wanted)
        np.testing.assert_array_equal(labels, [1, 0, 1])
    rows = tf.data.Dataset.from_tensor_slices(PAIRS).batch(3).map(preprocessor)
    np.testing.assert_array_equal(next(iter(rows))["token_ids"], wanted)
