import numpy as np
import pytest

from nlpkit.layers.preprocessing.random_swap import RandomSwap

WORDS = ["this", "is", "not", "a", "good", "film"]


def test_the_tokens_stay_the_same_in_another_order():
    rows = RandomSwap(0.9, seed=1)([WORDS, WORDS])
    assert rows != [WORDS, WORDS]
    assert [sorted(row) for row in rows] == [sorted(WORDS)] * 2


def test_the_input_is_not_changed():
    words, array = list(WORDS), np.arange(6)
    for rate in (0.0, 0.9):
        assert RandomSwap(rate, seed=1)(words) is not words
        swapped = RandomSwap(rate, seed=1)(array)
        swapped[:] = 0
    assert words == WORDS
    np.testing.assert_array_equal(array, np.arange(6))


def test_an_array_stays_an_array():
    array = np.tile(np.arange(9), (4, 1))
    swapped = RandomSwap(0.5, seed=1)(array)
    assert isinstance(swapped, np.ndarray)
    np.testing.assert_array_equal(np.sort(swapped, axis=1), array)


def test_one_swap_moves_at_most_two_tokens():
    rows = np.array(RandomSwap(1.0, max_swaps=1, seed=0)([list(range(10))] * 200))
    moved = (rows != np.arange(10)).sum(axis=1)
    assert set(moved) == {0, 2}
    assert (moved == 0).mean() == pytest.approx(0.1, abs=0.06)  # both positions drawn alike


def test_the_number_of_swaps_follows_the_rate():
    rows = np.array(RandomSwap(0.01, seed=0)([list(range(100))] * 2000))
    unmoved = (rows == np.arange(100)).all(axis=1).mean()
    assert unmoved == pytest.approx(0.99**100 + 0.01**1 * 0.37, abs=0.04)


def test_rate_zero_changes_nothing():
    assert RandomSwap(0.0)([WORDS, []]) == [WORDS, []]


@pytest.mark.parametrize(
    "skip",
    [
        {"skip_list": ["not", "good"]},
        {"skip_fn": lambda token: np.array(token in ("not", "good"))},
        {"skip_py_fn": lambda token: token in ("not", "good")},
    ],
)
def test_skipped_tokens_stay(skip):
    for row in RandomSwap(1.0, seed=0, **skip)([WORDS] * 30):
        assert (row[2], row[4]) == ("not", "good")
    assert RandomSwap(1.0, **skip)(["not", "good"]) == ["not", "good"]


@pytest.mark.parametrize("rows", [[WORDS, ["so"], []], [[1, 2, 3, 4], [5, 6]]])
def test_python_equals_tf_data(tf, rows):
    python = RandomSwap(0.9, seed=5)(rows)
    dataset = tf.data.Dataset.from_tensors(tf.ragged.constant(rows))
    graph = next(iter(dataset.map(RandomSwap(0.9, seed=5)))).to_list()
    decoded = [[t.decode() if isinstance(t, bytes) else t for t in row] for row in graph]
    assert decoded == python


def test_dense_tensors_stay_dense(tf):
    ids = [[1, 2, 3], [4, 5, 6]]
    dataset = tf.data.Dataset.from_tensors(ids).map(RandomSwap(0.9, seed=5))
    assert dataset.element_spec.shape.as_list() == [None, 3]
    np.testing.assert_array_equal(
        next(iter(dataset)), RandomSwap(0.9, seed=5)([[1, 2, 3], [4, 5, 6]])
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate": -1}, "rate must be between 0 and 1; got -1"),
        ({"max_swaps": -1}, "max_swaps must be 0 or more, or None; got -1"),
        ({"skip_list": [1], "skip_fn": bool}, "got skip_list and skip_fn"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        RandomSwap(**{"rate": 0.5, **arguments})
