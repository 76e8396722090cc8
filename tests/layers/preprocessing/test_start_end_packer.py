import numpy as np
import pytest

from nlpkit.layers.preprocessing.packing.start_end_packer import StartEndPacker

LONG = [[5, 6, 7], [8, 9, 10, 11, 12, 13, 14]]


def test_one_example():
    packed = StartEndPacker(7, start_value=1, end_value=2)([5, 6, 7])
    assert packed.dtype == np.int32
    np.testing.assert_array_equal(packed, [1, 5, 6, 7, 2, 0, 0])


def test_a_batch_is_cut_before_the_end_value():
    packed = StartEndPacker(6, start_value=1, end_value=2, truncation="silent")(LONG)
    np.testing.assert_array_equal(packed, [[1, 5, 6, 7, 2, 0], [1, 8, 9, 10, 11, 2]])


def test_padding_on_the_left():
    packer = StartEndPacker(6, start_value=1, pad_value=9, padding_side="left")
    np.testing.assert_array_equal(packer([[5, 6], []]), [[9, 9, 9, 1, 5, 6], [9, 9, 9, 9, 9, 1]])


def test_several_start_and_end_values():
    packer = StartEndPacker(6, start_value=[1, 3], end_value=(2, 4))
    np.testing.assert_array_equal(packer([5]), [1, 3, 5, 2, 4, 0])


def test_padding_mask_marks_tokens_even_where_they_equal_the_padding():
    packed, mask = StartEndPacker(4, end_value=0, return_padding_mask=True)([[0, 5], [6]])
    np.testing.assert_array_equal(packed, [[0, 5, 0, 0], [6, 0, 0, 0]])
    np.testing.assert_array_equal(mask, [[1, 1, 1, 0], [1, 1, 0, 0]])
    assert mask.dtype == bool


def test_call_arguments_override():
    packer = StartEndPacker(4, start_value=1, end_value=2)
    np.testing.assert_array_equal(packer([5], sequence_length=3), [1, 5, 2])
    np.testing.assert_array_equal(packer([5], add_start_value=False), [5, 2, 0, 0])
    np.testing.assert_array_equal(packer([5], add_end_value=False), [1, 5, 0, 0])


def test_strings():
    packer = StartEndPacker(5, start_value=["<a>", "<s>"], end_value="</s>", pad_value="<pad>")
    packed = packer([["so", "what"], ["so"]])
    assert packed.tolist() == [
        ["<a>", "<s>", "so", "what", "</s>"],
        ["<a>", "<s>", "so", "</s>", "<pad>"],
    ]
    assert StartEndPacker(2)(["so"]).tolist() == ["so", ""]


@pytest.mark.parametrize(
    ("inputs", "shape"),
    [([], (3,)), ([[]], (1, 3)), (np.zeros((0, 4), int), (0, 3)), (np.zeros((2, 0)), (2, 3))],
)
def test_empty_inputs(inputs, shape):
    assert StartEndPacker(3)(inputs).shape == shape


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_arrays_and_tuples_of_ids_give_what_lists_give(dtype):
    packer = StartEndPacker(5, start_value=1, dtype=dtype)
    expected = packer([[5, 6], [7, 8]])
    assert expected.dtype == dtype
    np.testing.assert_array_equal(packer(np.array([[5, 6], [7, 8]])), expected)
    np.testing.assert_array_equal(packer([np.array([5, 6]), (7, 8)]), expected)


@pytest.mark.parametrize(
    "inputs", [[[5, 6], [7]], np.array([[5, 6], [7, 8]]), [5, 6, 7, 8, 9], [["a", "b"], ["c"]]]
)
@pytest.mark.parametrize("side", ["left", "right"])
def test_python_equals_tf_data(tf, inputs, side):
    strings = isinstance(inputs, list) and isinstance(inputs[0], list) and inputs[0][0] == "a"
    special = {"start_value": "<s>", "pad_value": "<pad>"} if strings else {"end_value": [1, 2]}
    packer = StartEndPacker(
        5, padding_side=side, return_padding_mask=True, truncation="silent", **special
    )
    is_ragged = isinstance(inputs, list) and isinstance(inputs[0], list)
    tensor = tf.ragged.constant(inputs) if is_ragged else tf.constant(inputs)
    dataset = tf.data.Dataset.from_tensors(tensor).map(packer)
    static = [spec.shape.as_list() for spec in dataset.element_spec]
    assert static == [[None, 5]] * 2 if tensor.shape.rank == 2 else [[5]] * 2
    for ours, graph in zip(packer(inputs), next(iter(dataset)), strict=True):
        text = graph.numpy().astype(str) if strings and graph.dtype == tf.string else graph
        np.testing.assert_array_equal(ours, text)
        assert graph.dtype in (tf.int32, tf.bool, tf.string)


@pytest.mark.parametrize(
    ("arguments", "inputs", "message"),
    [
        ({"sequence_length": 0}, [], "sequence_length must be a positive int; got 0"),
        ({"sequence_length": "5"}, [], "sequence_length must be a positive int"),
        ({"padding_side": "middle"}, [], "padding_side must be one of 'right', 'left'; got 'mid"),
        ({"truncation": "maybe"}, [], "truncation must be one of 'warn', 'error', 'silent'"),
        ({"start_value": [1] * 6}, [5], "leaves no room for the 6 special"),
        ({"start_value": "<s>"}, [5], "start_value must be ids, as the tokens are; got"),
        ({"pad_value": 0}, ["a"], "pad_value must be strings, as the tokens are"),
        ({}, [[1.5]], "32-bit ids"),
        ({}, [[1, "a"]], "all strings or all 32-bit ids"),
        ({}, np.array([[1.5]]), "got an array of float64"),
        ({}, np.zeros((1, 1, 1), int), "rank 1 or 2"),
        ({}, 5, "must be a list or array"),
    ],
)
def test_wrong_values_are_refused(arguments, inputs, message):
    with pytest.raises(ValueError, match=message):
        StartEndPacker(**{"sequence_length": 5, **arguments})(inputs)


def test_a_special_value_of_another_type_is_refused():
    with pytest.raises(ValueError, match=r"start_value must be an int, a str.*got 1.5"):
        StartEndPacker(5, start_value=1.5)
