import copy
import pickle

import keras
import numpy as np
import pytest

from nlpkit.preprocessors import CausalLMPreprocessor
from nlpkit.tokenizers import ByteTokenizer, WordPieceTokenizer

WORDS = ["<pad>", "<unk>", "<s>", "</s>", "a", "b", "c", "d", "e", "f"]
TEXTS = ["a b c", "d", "e f"]
PAIRS = {"prompts": ["a b", "c"], "responses": [" c d", " e f"]}


class WordTokenizer(WordPieceTokenizer):
    special_token_names = ("start_token", "end_token", "pad_token", "unk_token")

    def __init__(
        self, vocabulary, start_token="<s>", end_token="</s>", pad_token="<pad>", **kwargs
    ):
        super().__init__(**{"oov_token": "<unk>", **kwargs})
        self.start_token = start_token
        self.end_token = end_token
        self.pad_token = pad_token
        self.set_vocabulary(vocabulary)


class WithoutStartOrPad(WordPieceTokenizer):
    special_token_names = ("end_token",)

    def __init__(self, vocabulary, end_token="</s>", **kwargs):
        super().__init__(**{"oov_token": "<unk>", **kwargs})
        self.end_token = end_token
        self.set_vocabulary(vocabulary)


def build(sequence_length=6, tokenizer=None, **arguments):
    tokenizer = WordTokenizer(WORDS) if tokenizer is None else tokenizer
    return CausalLMPreprocessor(tokenizer, sequence_length, **arguments)


def check(result, token_ids, y, sample_weight, **others):
    features, labels, weights = result
    expected = {"token_ids": token_ids, "padding_mask": np.array(token_ids) > 0, **others}
    assert features.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(features[name], values, name)
    np.testing.assert_array_equal(labels, y)
    np.testing.assert_array_equal(weights, sample_weight)
    assert [x.dtype for x in (features["token_ids"], labels, weights)] == ["int32"] * 2 + [
        "float32"
    ]


def test_labels_are_the_next_tokens():
    check(
        build()(TEXTS[:2]),
        token_ids=[[2, 4, 5, 6, 3, 0], [2, 7, 3, 0, 0, 0]],
        y=[[4, 5, 6, 3, 0, 0], [7, 3, 0, 0, 0, 0]],
        sample_weight=[[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 0]],
    )


def test_padding_on_the_left_is_no_label():
    check(
        build(padding_side="left")(TEXTS[:2]),
        token_ids=[[0, 0, 2, 4, 5, 6], [0, 0, 0, 0, 2, 7]],
        y=[[0, 2, 4, 5, 6, 3], [0, 0, 0, 2, 7, 3]],
        sample_weight=[[0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1]],
    )


def test_one_text_and_another_length():
    check(
        build()("a b", sequence_length=3), token_ids=[2, 4, 5], y=[4, 5, 3], sample_weight=[1, 1, 1]
    )


def test_without_special_tokens():
    preprocessor = build(4, add_start_token=False, add_end_token=False)
    check(preprocessor("a b c"), [4, 5, 6, 0], [5, 6, 0, 0], [1, 1, 0, 0])


def test_the_length_may_be_set_later():
    preprocessor = build()
    preprocessor(TEXTS)
    preprocessor.sequence_length = 9
    assert preprocessor(TEXTS)[0]["token_ids"].shape == (3, 9)


def test_the_end_of_cut_text_is_no_label():
    with pytest.warns(UserWarning, match=r"cut 1 tokens from 1 of 2 .*sequence_length=3\."):
        result = build(3)(["a b c", "a b"])
    check(result, [[2, 4, 5], [2, 4, 5]], [[4, 5, 3], [4, 5, 3]], [[1, 1, 0], [1, 1, 1]])


def test_cut_text_is_an_error_if_asked():
    with pytest.raises(ValueError, match="cut 1 tokens"):
        build(3, truncation="error")(TEXTS)


def test_of_pairs_the_response_and_the_end_count():
    check(
        build()(PAIRS),
        token_ids=[[2, 4, 5, 6, 7, 3], [2, 6, 8, 9, 3, 0]],
        y=[[4, 5, 6, 7, 3, 0], [6, 8, 9, 3, 0, 0]],
        sample_weight=[[0, 0, 1, 1, 1, 0], [0, 1, 1, 1, 0, 0]],
    )


def test_of_pairs_the_prompt_counts_if_asked():
    weights = build(response_only=False)(PAIRS)[2]
    np.testing.assert_array_equal(weights, [[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 0, 0]])


def test_of_pairs_the_response_is_cut_first():
    features, y, weights = build(3, truncation="silent")(PAIRS)
    np.testing.assert_array_equal(features["token_ids"], [[2, 4, 5], [2, 6, 8]])
    np.testing.assert_array_equal(y, [[4, 5, 3], [6, 8, 3]])
    np.testing.assert_array_equal(weights, [[0, 0, 0], [0, 1, 0]])


def test_one_pair_and_a_list_of_pairs():
    pairs = [{"prompts": p, "responses": r} for p, r in zip(*PAIRS.values(), strict=True)]
    together = keras.tree.flatten(build()(pairs))
    for ours, theirs in zip(together, keras.tree.flatten(build()(PAIRS)), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(keras.tree.flatten(build()(pairs[1])), together, strict=True):
        np.testing.assert_array_equal(ours, theirs[1])


def test_packed_rows_hold_several_texts():
    check(
        build(packing=True)(TEXTS),
        token_ids=[[2, 4, 5, 6, 2, 7], [2, 8, 9, 0, 0, 0]],
        y=[[4, 5, 6, 3, 7, 3], [8, 9, 3, 0, 0, 0]],
        sample_weight=[[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]],
        positions=[[0, 1, 2, 3, 0, 1], [0, 1, 2, 0, 0, 0]],
        sequence_ids=[[1, 1, 1, 1, 2, 2], [1, 1, 1, 0, 0, 0]],
    )


def test_packed_rows_padded_on_the_left():
    features, y, _ = build(packing=True, padding_side="left")(TEXTS)
    np.testing.assert_array_equal(features["token_ids"][1], [0, 0, 0, 2, 8, 9])
    np.testing.assert_array_equal(features["sequence_ids"][1], [0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(y[1], [0, 0, 0, 8, 9, 3])


def test_packed_pairs_count_as_alone():
    _, _, weights = build(8, packing=True)(PAIRS)
    np.testing.assert_array_equal(weights, [[0, 0, 1, 1, 1, 0, 0, 0], [0, 1, 1, 1, 0, 0, 0, 0]])


def test_packing_loses_no_token_and_crosses_no_text():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdef"), rng.integers(0, 14))) for _ in range(200)]
    alone = build(16)(texts)
    packed = build(16, packing=True)(texts)

    def learnt(features, labels, weights, texts):
        columns = zip(features["token_ids"], labels, weights, texts, strict=True)
        return sorted(
            tuple(zip(ids[(number == n) & (w == 1)], y[(number == n) & (w == 1)], strict=True))
            for ids, y, w, number in columns
            for n in np.unique(number[number > 0])
        )

    assert learnt(*packed, packed[0]["sequence_ids"]) == learnt(*alone, alone[0]["padding_mask"])
    assert packed[2].mean() > 0.85
    np.testing.assert_array_equal(packed[0]["padding_mask"], packed[0]["sequence_ids"] > 0)


def test_packed_batches_have_few_shapes():
    rng = np.random.default_rng(0)
    preprocessor = build(32, packing=True)
    sizes = rng.integers(1, 30, (60, 64))
    shapes = {preprocessor(["a " * n for n in row])[1].shape[0] for row in sizes}
    assert len(shapes) <= 4
    assert max(shapes) <= 64


def test_nothing_to_learn_from_is_a_row_of_padding():
    features, _, weights = build(packing=True, add_start_token=False)(["", ""])
    assert features["token_ids"].shape == (1, 6)
    assert not features["padding_mask"].any()
    assert not weights.any()


@pytest.mark.parametrize("packing", [True, False])
@pytest.mark.parametrize("x", ["a b", TEXTS, PAIRS, {"prompts": "a", "responses": "b"}])
def test_python_equals_tf_data(tf, x, packing):
    expected = build(packing=packing)(x)
    dataset = tf.data.Dataset.from_tensors(x).map(build(packing=packing))
    actual = next(iter(dataset))
    keras.tree.assert_same_structure(expected, keras.tree.map_structure(np.asarray, actual))
    for ours, theirs in zip(keras.tree.flatten(expected), keras.tree.flatten(actual), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype.as_numpy_dtype
    for spec in keras.tree.flatten(dataset.element_spec):
        assert spec.shape.as_list()[-1] == 6


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="a PyTorch DataLoader")
@pytest.mark.filterwarnings("ignore:.*fork.*")
@pytest.mark.parametrize("x", [TEXTS * 2, [{"prompts": t, "responses": "a"} for t in TEXTS * 2]])
def test_it_collates_for_a_data_loader(x):
    from torch.utils.data import DataLoader

    loader = DataLoader(x, batch_size=3, collate_fn=build(packing=True), num_workers=1)
    first, second = loader
    for ours, theirs in zip(keras.tree.flatten(first), keras.tree.flatten(second), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(first[1], build(packing=True)(x[:3])[1])


def test_a_tokenizer_without_pad_or_start_token():
    preprocessor = build(4, WithoutStartOrPad(WORDS))
    features, _, weights = preprocessor(["a b", "c"])
    np.testing.assert_array_equal(features["token_ids"], [[4, 5, 3, 3], [6, 3, 3, 3]])
    np.testing.assert_array_equal(features["padding_mask"].sum(axis=1), [3, 2])
    np.testing.assert_array_equal(weights.sum(axis=1), [2, 1])


def test_a_tokenizer_without_an_end_token_is_refused():
    with pytest.raises(ValueError, match="needs a tokenizer with a end_token; ByteTokenizer"):
        build(4, ByteTokenizer())("a")
    assert build(4, ByteTokenizer(), add_end_token=False)("a")[2].sum() == 0


@pytest.mark.parametrize("labels", [{"y": [1, 0, 1]}, {"sample_weight": [1.0, 1.0, 1.0]}])
def test_labels_are_refused(labels):
    with pytest.raises(ValueError, match="makes its own labels and weights"):
        build()(TEXTS, **labels)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ({"prompts": TEXTS}, r"keys \('prompts', 'responses'\); got \['prompts'\]"),
        ({**PAIRS, "labels": TEXTS}, "got .*labels"),
        ((TEXTS, TEXTS), "got 2 segments"),
        ([TEXTS, TEXTS], "got 3 segments"),
        ({"prompts": TEXTS, "responses": ["a"]}, "same size; got 3, 1"),
    ],
)
def test_other_inputs_are_refused(x, message):
    with pytest.raises(ValueError, match=message):
        build()(x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequence_length": 0}, "sequence_length must be a positive int"),
        ({"truncation": "left"}, "truncation must be one of"),
        ({"padding_side": "middle"}, "padding_side must be one of"),
    ],
)
def test_wrong_arguments_are_refused_at_once(arguments, message):
    with pytest.raises(ValueError, match=message):
        build(**arguments)


CHANGED = {
    "add_start_token": False,
    "add_end_token": False,
    "response_only": False,
    "packing": True,
    "truncation": "silent",
    "padding_side": "left",
}


def test_the_configuration_rebuilds_it():
    original = build(5, **CHANGED, name="mine", dtype="int64")
    config = original.get_config()
    config.pop("tokenizer")
    revived = CausalLMPreprocessor.from_config(config | {"tokenizer": original.tokenizer})
    assert {name: getattr(revived, name) for name in CHANGED} == CHANGED
    assert (revived.name, revived.sequence_length) == ("mine", 5)
    assert revived(TEXTS)[1].dtype == "int64"


@pytest.mark.parametrize("copy_of", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_and_pickles(copy_of):
    original = build(5, **CHANGED)
    expected = keras.tree.flatten(original(TEXTS))
    for ours, theirs in zip(expected, keras.tree.flatten(copy_of(original)(TEXTS)), strict=True):
        np.testing.assert_array_equal(ours, theirs)
