"""Pieces of arrays along one axis."""

import numpy as np
import pytest

from nlpkit.presets.mapping.slices import faults, parse_slice

SLICES = {
    "2 of 3": np.s_[8:12],
    "0:2 of 3": np.s_[0:8],
    "2:2+4 of 2+2+2": np.s_[4:12],
    ":, 1 of 2": np.s_[:, 3:],
    ":, 0 of 2 x 3": np.s_[:, 0::2],
    "1 of 3 x 4": np.s_[1::3],
    "0:2 of 3 x 2": np.s_[[0, 1, 2, 3, 6, 7, 8, 9]],
    "7": np.s_[7],
    ":, 4": np.s_[:, 4],
}


@pytest.mark.parametrize(("text", "index"), SLICES.items(), ids=SLICES)
def test_slice_is_what_numpy_calls_it(text, index):
    array = np.arange(12 * 6).reshape(12, 6)
    slice_, expected = parse_slice(text), array[index]
    np.testing.assert_array_equal(slice_.take(array), expected)
    assert slice_.shape(array.shape) == expected.shape
    if slice_.total:
        assert slice_.whole(expected.shape) == array.shape


@pytest.mark.parametrize("text", SLICES)
def test_putting_is_the_inverse_of_taking(text):
    array = np.zeros((12, 6), "int64")
    slice_ = parse_slice(text)
    value = np.arange(1, 1 + slice_.take(array).size).reshape(slice_.shape(array.shape))
    slice_.put(array, value)
    np.testing.assert_array_equal(slice_.take(array), value)
    assert np.count_nonzero(array) == value.size


@pytest.mark.parametrize("text", SLICES)
def test_text_is_the_inverse_of_parsing(text):
    assert parse_slice(str(parse_slice(text))) == parse_slice(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("3 of 3", "goes past the end"),
        ("2:2 of 3", "is empty"),
        ("0 of 0", "goes past the end"),
        ("0 of 2 x 0", "is empty"),
        (":", "unknown slice"),
        ("0 of 2, :", "nothing after the axis"),
        ("0 of 2, 1 of 2", "unknown slice"),
        ("0/2", "unknown slice"),
        ("{e}", r"unknown slice \[\{e\}\]"),
    ],
)
def test_bad_slice_is_refused(text, named):
    with pytest.raises(ValueError, match=named):
        parse_slice(text)


@pytest.mark.parametrize(
    ("text", "shape"),
    [("0 of 5", (12, 6)), ("0 of 2 x 5", (12,)), (":, 0 of 2", (4,)), ("9", (8,))],
)
def test_shape_that_cannot_be_divided_is_refused(text, shape):
    with pytest.raises(ValueError, match="equal parts|there is no"):
        parse_slice(text).shape(shape)


def test_value_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"the slice \[1 of 2\] of \(4, 2\) has another shape"):
        parse_slice("1 of 2").put(np.zeros((4, 2)), np.zeros((2, 1)))


@pytest.mark.parametrize(
    ("texts", "rows", "missing", "twice"),
    [
        (["2 of 3", "0 of 3", "1 of 3"], None, [], []),
        (["0:3 of 4 x 2", "3 of 4 x 2"], None, [], []),
        (["0", "2", "1"], 3, [], []),
        (["0 of 4", "2 of 4"], None, ["t[1 of 4]", "t[3 of 4]"], []),
        (["0", "2"], 5, ["t[1]", "t[3:5]"], []),
        (["0:2 of 3", "1:3 of 3"], None, [], ["t[1 of 3]"]),
        (["0:3 of 3", "1 of 3"], None, [], ["t[1 of 3]"]),
        (["0 of 2", "1 of 2 x 4"], None, [], ["t[0 of 2] and t[1 of 2 x 4]"]),
        (["0 of 2", ":, 1 of 2"], None, [], ["t[0 of 2] and t[:, 1 of 2]"]),
    ],
)
def test_gaps_and_overlaps_are_named(texts, rows, missing, twice):
    assert faults("t", [parse_slice(text) for text in texts], rows) == (missing, twice)
