"""Who may attend to whom, and positions counted from masks."""

import numpy as np
import pytest
from keras import ops

from nlpkit.ops.visibility import positions_in_sequences, positions_of, visibility

ROW = np.arange(5, dtype="int32")[None]
ONE_SEQUENCE = np.ones((1, 5), "int32")


def allowed(*arguments, **options):
    tensors = [x if x is None else ops.convert_to_tensor(x) for x in arguments]
    return ops.convert_to_numpy(visibility(*tensors, **options)).astype(int)


def test_all_of_a_sequence_see_each_other():
    assert allowed(ONE_SEQUENCE, ROW).all()


def test_causal_hides_later_tokens():
    np.testing.assert_array_equal(allowed(ONE_SEQUENCE, ROW, causal=True)[0], np.tri(5))


@pytest.mark.parametrize(
    ("causal", "row"), [(False, [0, 1, 1, 1, 0]), (True, [0, 1, 1, 0, 0])], ids=["both", "causal"]
)
def test_window_counts_the_token_itself(causal, row):
    mask = allowed(ONE_SEQUENCE, ROW, causal=causal, window=2)
    assert mask[0, 2].tolist() == row


@pytest.mark.parametrize("causal", [False, True])
def test_a_window_of_one_sees_itself_only(causal):
    mask = allowed(ONE_SEQUENCE, ROW, causal=causal, window=1)
    np.testing.assert_array_equal(mask[0], np.eye(5))


def test_distance_is_of_positions_not_of_places():
    positions = np.array([[4, 0, 3, 1, 2]], "int32")
    mask = allowed(ONE_SEQUENCE, positions, causal=True, window=2)
    np.testing.assert_array_equal(mask[0, 0], [1, 0, 1, 0, 0])
    np.testing.assert_array_equal(mask[0, 1], [0, 1, 0, 0, 0])


def test_packed_examples_do_not_see_each_other():
    sequence_ids = np.array([[1, 1, 2, 2, 2]], "int32")
    positions = np.array([[0, 1, 0, 1, 2]], "int32")
    mask = allowed(sequence_ids, positions, causal=True)
    wanted = np.zeros((5, 5))
    wanted[:2, :2], wanted[2:, 2:] = np.tri(2), np.tri(3)
    np.testing.assert_array_equal(mask[0], wanted)


@pytest.mark.parametrize("padding", [[1, 1, 1, 0, 0], [0, 0, 1, 1, 1]], ids=["right", "left"])
def test_padding_is_hidden_on_either_side(padding):
    sequence_ids = np.array([padding], "int32")
    mask = allowed(sequence_ids, ROW)
    np.testing.assert_array_equal(mask[0], np.equal.outer(padding, padding))


@pytest.mark.parametrize("causal", [False, True])
def test_no_row_is_empty(causal):
    padding = np.array([[1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [0] * 5], "int32")
    positions = ops.convert_to_numpy(positions_of(ops.convert_to_tensor(padding)))
    assert allowed(padding, positions, causal=causal, window=3).any(-1).all()


def test_other_keys_than_the_queries():
    queries = np.array([[1]], "int32"), np.array([[3]], "int32")
    keys = np.array([[1, 1, 1, 1, 0]], "int32"), ROW
    mask = allowed(*queries, *keys, causal=True, window=3)
    np.testing.assert_array_equal(mask, [[[0, 1, 1, 1, 0]]])


@pytest.mark.parametrize(
    ("mask", "positions"),
    [
        ([1, 1, 1, 0, 0], [0, 1, 2, 2, 2]),
        ([0, 0, 1, 1, 1], [0, 0, 0, 1, 2]),
        ([1, 0, 1, 0, 1], [0, 0, 1, 1, 2]),
        ([0, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
    ],
    ids=["right", "left", "holes", "nothing"],
)
def test_positions_count_real_tokens(mask, positions):
    actual = positions_of(ops.convert_to_tensor(np.array([mask], bool)))
    np.testing.assert_array_equal(ops.convert_to_numpy(actual), [positions])
    assert "int32" in str(actual.dtype)


@pytest.mark.parametrize(
    ("sequence_ids", "positions"),
    [
        ([1, 1, 1, 2, 2, 0], [0, 1, 2, 0, 1, 0]),
        ([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1]),
        ([3, 1, 3, 1, 3, 1], [0, 0, 1, 1, 2, 2]),
    ],
    ids=["packed", "left padding", "interleaved"],
)
def test_positions_start_anew_in_each_example(sequence_ids, positions):
    tensor = ops.convert_to_tensor(np.array([sequence_ids], "int32"))
    actual = positions_in_sequences(tensor)
    np.testing.assert_array_equal(ops.convert_to_numpy(actual), [positions])
    assert "int32" in str(actual.dtype)
