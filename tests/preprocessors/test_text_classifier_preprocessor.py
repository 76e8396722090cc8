import warnings

import numpy as np
import pytest

from nlpkit.preprocessors import TextClassifierPreprocessor


def check(features, token_ids, segment_ids):
    token_ids = np.array(token_ids)
    np.testing.assert_array_equal(features["token_ids"], token_ids)
    np.testing.assert_array_equal(features["segment_ids"], segment_ids)
    np.testing.assert_array_equal(features["padding_mask"], token_ids != 0)
    dtypes = {name: str(array.dtype) for name, array in features.items()}
    assert dtypes == {"token_ids": "int32", "padding_mask": "bool", "segment_ids": "int32"}


def test_one_string(tokenizer):
    check(TextClassifierPreprocessor(tokenizer, 6)("good films"), [2, 5, 7, 9, 3, 0], [0] * 6)


@pytest.mark.parametrize("form", [list, np.array, lambda x: np.array(x, object), np.bytes_])
def test_a_batch_in_every_form(tokenizer, form):
    features = TextClassifierPreprocessor(tokenizer, 5)(form(["good film", "a"]))
    check(features, [[2, 5, 7, 3, 0], [2, 8, 3, 0, 0]], np.zeros((2, 5)))


@pytest.mark.parametrize("columns", [tuple, lambda x: list(zip(*x, strict=True))])
def test_a_batch_of_pairs(tokenizer, columns):
    pairs = columns([["good film", "a"], ["bad", "film film"]])
    check(
        TextClassifierPreprocessor(tokenizer, 7)(pairs),
        [[2, 5, 7, 3, 6, 3, 0], [2, 8, 3, 7, 7, 3, 0]],
        [[0, 0, 0, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1, 0]],
    )


def test_a_single_pair(tokenizer):
    pair = TextClassifierPreprocessor(tokenizer, 6)(("good", "bad"))
    check(pair, [2, 5, 3, 6, 3, 0], [0, 0, 0, 1, 1, 0])


def test_padding_on_the_left(tokenizer):
    left = TextClassifierPreprocessor(tokenizer, 6, padding_side="left")(("good", "bad"))
    check(left, [0, 2, 5, 3, 6, 3], [0, 0, 0, 0, 1, 1])


def test_waterfall(tokenizer):
    pair = ("good good good", "bad bad bad")
    waterfall = TextClassifierPreprocessor(tokenizer, 7, "waterfall", truncation="silent")(pair)
    np.testing.assert_array_equal(waterfall["token_ids"], [2, 5, 5, 5, 3, 6, 3])
    in_turn = TextClassifierPreprocessor(tokenizer, 7, truncation="silent")(pair)
    np.testing.assert_array_equal(in_turn["token_ids"], [2, 5, 5, 3, 6, 6, 3])


def test_the_sequence_length_may_be_set_later(tokenizer):
    preprocessor = TextClassifierPreprocessor(tokenizer, 6)
    assert preprocessor("a")["token_ids"].shape == (6,)
    preprocessor.sequence_length = 4
    assert preprocessor("a")["token_ids"].shape == (4,)
    assert preprocessor.get_config()["sequence_length"] == 4


def test_truncation_is_reported_once(tokenizer):
    preprocessor = TextClassifierPreprocessor(tokenizer, 4, name="mine")
    with pytest.warns(UserWarning, match="mine cut 3 tokens from 1 of 2 examples to fit"):
        preprocessor(["good bad film a a", "a"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        preprocessor("a a a a")
    with pytest.raises(ValueError, match="cut 2 tokens from 1 of 1"):
        TextClassifierPreprocessor(tokenizer, 4, truncation="error")("a a a a")


def test_segments_of_different_sizes_are_refused(tokenizer):
    with pytest.raises(ValueError, match="same size; got 2, 1"):
        TextClassifierPreprocessor(tokenizer, 9)((["a", "a"], ["a"]))
    with pytest.raises(ValueError, match="same size; got 1, one example"):
        TextClassifierPreprocessor(tokenizer, 9)((["a"], "a"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"truncate": "fair"}, "truncate must be one of"),
        ({"truncation": "never"}, "truncation must be one of"),
        ({"padding_side": "top"}, "padding_side must be one of"),
        ({"sequence_length": -1}, "sequence_length must be a positive int; got -1"),
    ],
)
def test_wrong_arguments_are_refused_at_once(tokenizer, arguments, message):
    with pytest.raises(ValueError, match=message):
        TextClassifierPreprocessor(tokenizer, **arguments)


@pytest.mark.parametrize("x", ["good films", ["good films", "a", ""], (["a", "a"], ["bad", "a a"])])
@pytest.mark.parametrize("labelled", [True, False])
def test_python_equals_tf_data(tf, tokenizer, x, labelled):
    preprocessor = TextClassifierPreprocessor(tokenizer, 8)
    y = [[1, 0, 1][: 2 if isinstance(x, tuple) else 3]] if labelled else []
    dataset = tf.data.Dataset.from_tensors((x, *y)).map(preprocessor)
    python, graph = preprocessor(x, *y), next(iter(dataset))
    if labelled:
        np.testing.assert_array_equal(python[1], graph[1])
        python, graph = python[0], graph[0]
    spec = dataset.element_spec[0] if labelled else dataset.element_spec
    for name, array in python.items():
        np.testing.assert_array_equal(array, graph[name])
        assert array.dtype == graph[name].dtype.as_numpy_dtype
        assert spec[name].shape.as_list() == ([8] if isinstance(x, str) else [None, 8])


def test_tf_data_before_batching(tf, tokenizer):
    preprocessor = TextClassifierPreprocessor(tokenizer, 4)
    texts, labels = ["good film", "a", "bad"], [1, 0, 1]
    dataset = tf.data.Dataset.from_tensor_slices((texts, labels))
    batch = next(iter(dataset.map(preprocessor, num_parallel_calls=2).batch(3)))
    np.testing.assert_array_equal(batch[0]["token_ids"], preprocessor(texts)["token_ids"])
    np.testing.assert_array_equal(batch[1], labels)
