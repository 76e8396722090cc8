import numpy as np
import pytest

from nlpkit.preprocessors import MaskedLMPreprocessor, TextClassifierPreprocessor

TEXTS = ["good film a bad film", "a", "bad films"]


def build(tokenizer, **arguments):
    return MaskedLMPreprocessor(tokenizer, 8, mask_selection_length=5, **arguments)


def test_everything_selected(tokenizer):
    preprocessor = build(
        tokenizer, mask_selection_rate=1.0, mask_token_rate=1.0, random_token_rate=0.0
    )
    features, y, weight = preprocessor((["good film", "a"], ["bad", "zzz"]))
    np.testing.assert_array_equal(
        features["token_ids"], [[2, 4, 4, 3, 4, 3, 0, 0], [2, 4, 3, 1, 3, 0, 0, 0]]
    )
    np.testing.assert_array_equal(features["mask_positions"], [[1, 2, 4, 0, 0], [1, 0, 0, 0, 0]])
    np.testing.assert_array_equal(y, [[5, 7, 6, 0, 0], [8, 0, 0, 0, 0]])
    np.testing.assert_array_equal(weight, [[1, 1, 1, 0, 0], [1, 0, 0, 0, 0]])
    np.testing.assert_array_equal(features["segment_ids"][0], [0, 0, 0, 0, 1, 1, 0, 0])
    np.testing.assert_array_equal(features["padding_mask"].sum(axis=1), [6, 5])


def test_special_tokens_are_never_masked(tokenizer):
    features, y, weight = build(tokenizer, mask_selection_rate=1.0)(TEXTS * 20)
    packed = TextClassifierPreprocessor(tokenizer, 8)(TEXTS * 20)["token_ids"]
    special = packed < 5
    np.testing.assert_array_equal(features["token_ids"][special], packed[special])
    assert y[weight == 1].min() >= 5
    np.testing.assert_array_equal(weight.sum(axis=1), (~special).sum(axis=1))


def test_further_special_tokens_are_never_masked():
    from nlpkit.models.bert import BertTokenizer

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "[X]"]
    tokenizer = BertTokenizer(words, special_tokens=["[X]"], special_tokens_in_strings=True)
    _, y, _ = build(tokenizer, mask_selection_rate=1.0)("a [X] a")
    np.testing.assert_array_equal(y, [5, 5, 0, 0, 0])


def test_one_string(tokenizer):
    features, y, weight = build(tokenizer)("good film")
    assert features["token_ids"].shape == (8,)
    assert y.shape == weight.shape == features["mask_positions"].shape == (5,)
    assert weight.sum() == 1


def test_a_seed_repeats_a_run_and_every_call_draws_anew(tokenizer):
    def run(seed):
        preprocessor = build(tokenizer, seed=seed)
        return [preprocessor(TEXTS * 5)[1].tolist() for _ in range(2)]

    first, second = run(1)
    assert first != second
    assert run(1) == [first, second]
    assert run(2) != [first, second]


@pytest.mark.parametrize("labels", [{"y": [1, 0, 1]}, {"sample_weight": [1.0, 1.0, 1.0]}])
def test_labels_are_refused(tokenizer, labels):
    with pytest.raises(ValueError, match="makes its own labels and weights; got y or sample_weigh"):
        build(tokenizer)(TEXTS, **labels)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mask_selection_rate": 2.0}, "mask_selection_rate must be between"),
        ({"mask_token_rate": 0.95}, "must sum to at most 1"),
        ({"truncate": "fair"}, "truncate must be one of"),
    ],
)
def test_wrong_arguments_are_refused_at_once(tokenizer, arguments, message):
    with pytest.raises(ValueError, match=message):
        build(tokenizer, **arguments)


@pytest.mark.parametrize("x", ["good films", TEXTS, (["a", "a"], ["bad", "a a"])])
def test_python_equals_tf_data(tf, tokenizer, x):
    python = build(tokenizer, seed=1)(x)
    dataset = tf.data.Dataset.from_tensors((x,)).map(build(tokenizer, seed=1))
    features, *graph = next(iter(dataset))
    ours = [*python[0].items(), *enumerate(python[1:])]
    theirs = [*features.items(), *enumerate(graph)]
    assert [name for name, _ in ours] == [name for name, _ in theirs]
    for (_, array), (_, tensor) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(array, tensor)
        assert array.dtype == tensor.dtype.as_numpy_dtype
    static = {name: spec.shape.as_list()[-1] for name, spec in dataset.element_spec[0].items()}
    assert static == {"token_ids": 8, "padding_mask": 8, "segment_ids": 8, "mask_positions": 5}
