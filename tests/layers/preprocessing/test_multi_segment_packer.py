import numpy as np
import pytest

from nlpkit.layers.preprocessing.packing.multi_segment_packer import MultiSegmentPacker


def pack(segments, length=8, **arguments):
    arguments = {"start_value": 101, "end_value": 102, "truncation": "silent", **arguments}
    return MultiSegmentPacker(length, **arguments)(segments)


def check(result, token_ids, segment_ids):
    np.testing.assert_array_equal(result[0], token_ids)
    np.testing.assert_array_equal(result[1], segment_ids)
    assert all(array.dtype == np.int32 for array in result[:2])


def test_one_segment():
    expected = [101, 1, 2, 3, 4, 102, 0, 0], [0] * 8
    check(pack([1, 2, 3, 4]), *expected)
    check(pack(([1, 2, 3, 4],)), *expected)


def test_two_segments():
    check(
        pack(([1, 2, 3, 4], [11, 12, 13, 14])),
        [101, 1, 2, 3, 102, 11, 12, 102],
        [0, 0, 0, 0, 0, 1, 1, 1],
    )


def test_a_batch_of_pairs():
    check(
        pack(([[1], [2, 3]], [[4, 5], []]), 7),
        [[101, 1, 102, 4, 5, 102, 0], [101, 2, 3, 102, 102, 0, 0]],
        [[0, 0, 0, 1, 1, 1, 0], [0, 0, 0, 0, 1, 0, 0]],
    )


def test_separators_of_their_own():
    check(
        pack(([1], [2], [3]), 9, sep_value=[7, 8], end_value=9, start_value=[5, 6]),
        [5, 6, 1, 7, 8, 2, 7, 8, 9],
        [0, 0, 0, 0, 0, 1, 1, 1, 2],
    )


def test_no_start_no_separator():
    check(pack(([1], [2]), 4, start_value=None, sep_value=[]), [1, 2, 102, 0], [0, 1, 1, 0])


def test_padding_on_the_left():
    check(
        pack(([1], [2]), 7, padding_side="left", pad_value=9),
        [9, 9, 101, 1, 102, 2, 102],
        [0, 0, 0, 0, 0, 1, 1],
    )


def test_padding_mask():
    _, _, mask = pack(([1], [0]), 7, return_padding_mask=True)
    np.testing.assert_array_equal(mask, [1, 1, 1, 1, 1, 0, 0])


@pytest.mark.parametrize(
    ("truncate", "lengths", "kept"),
    [
        ("round_robin", (9, 9, 9), (4, 3, 3)),
        ("round_robin", (2, 9, 9), (2, 4, 4)),
        ("round_robin", (9, 2, 9), (4, 2, 4)),
        ("round_robin", (0, 9, 5), (0, 5, 5)),
        ("round_robin", (9, 1, 3), (6, 1, 3)),
        ("round_robin", (3, 3, 3), (3, 3, 3)),
        ("waterfall", (9, 9, 9), (9, 1, 0)),
        ("waterfall", (3, 9, 9), (3, 7, 0)),
        ("waterfall", (3, 3, 3), (3, 3, 3)),
        ("waterfall", (11, 1, 1), (10, 0, 0)),
    ],
)
def test_how_segments_share_ten_tokens(truncate, lengths, kept):
    segments = tuple([i + 1] * length for i, length in enumerate(lengths))
    token_ids, _ = pack(segments, 10, truncate=truncate, start_value=None, end_value=None)
    assert tuple(np.bincount(token_ids, minlength=4)[1:]) == kept


@pytest.mark.parametrize("num_segments", [1, 2, 3, 5])
def test_round_robin_is_a_token_each_in_turn(num_segments):
    rng = np.random.default_rng(num_segments)
    for lengths in rng.integers(0, 9, (40, num_segments)).tolist():
        room = int(rng.integers(1, 20))
        kept = [0] * num_segments
        while sum(kept) < min(room, sum(lengths)):
            for i, length in enumerate(lengths):
                kept[i] += kept[i] < length and sum(kept) < room
        segments = tuple([i] * length for i, length in enumerate(lengths))
        packed = pack(segments, room, start_value=None, end_value=None, pad_value=99)
        assert np.bincount(packed[0], minlength=num_segments)[:num_segments].tolist() == kept


def test_call_arguments_override():
    packer = MultiSegmentPacker(9, 101, 102)
    check(
        packer(([1], [2]), sequence_length=4, add_start_value=False, add_end_value=False),
        [1, 102, 2, 0],
        [0, 0, 1, 0],
    )


def test_strings():
    token_ids, segment_ids = pack((["a"], ["b", "c"]), 7, start_value="<s>", end_value="</s>")
    assert token_ids.tolist() == ["<s>", "a", "</s>", "b", "c", "</s>", ""]
    np.testing.assert_array_equal(segment_ids, [0, 0, 0, 1, 1, 1, 0])


@pytest.mark.parametrize("truncate", ["round_robin", "waterfall"])
@pytest.mark.parametrize("batched", [True, False])
def test_python_equals_tf_data(tf, truncate, batched):
    packer = MultiSegmentPacker(
        8, 1, [2, 3], 4, truncate=truncate, truncation="silent", return_padding_mask=True
    )
    first, second = [[5, 6, 7, 8, 9], [], [5]], [[10, 11], [12], [13, 14, 15, 16, 17, 18]]
    pair = (first, second) if batched else (first[0], second[2])
    tensors = tuple(map(tf.ragged.constant, pair)) if batched else tuple(map(tf.constant, pair))
    dataset = tf.data.Dataset.from_tensors((tensors,)).map(packer)
    graph = next(iter(dataset))
    for ours, theirs, spec in zip(packer(pair), graph, dataset.element_spec, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.numpy().dtype
        assert spec.shape.as_list() == ([None, 8] if batched else [8])


@pytest.mark.parametrize(
    ("arguments", "segments", "message"),
    [
        ({"truncate": "fair"}, [1], "truncate must be one of 'round_robin', 'waterfall'"),
        ({}, (), "at least one segment"),
        ({}, [[[1], [2]], [[3], [4]]], r"packer\(\(first, second\)\); got a list of 2 batches"),
        ({}, ([[1]], [2]), "all single examples or all batches of the same size; got 1, one exam"),
        ({}, ([[1]], [[2], [3]]), "same size; got 1, 2"),
        ({"length": 2}, ([1], [2]), "sequence_length=2 leaves no room for the 3 special tokens"),
        ({"sep_value": "</s>"}, ([1], [2]), "sep_value must be ids, as the tokens are"),
    ],
)
def test_wrong_values_are_refused(arguments, segments, message):
    with pytest.raises(ValueError, match=message):
        pack(segments, **arguments)


def test_tensors_and_lists_do_not_mix(tf):
    with pytest.raises(ValueError, match="or none must be TensorFlow tensors"):
        pack((tf.constant([1]), [2]))
