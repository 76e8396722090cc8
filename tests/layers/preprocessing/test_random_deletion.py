import numpy as np
import pytest

from nlpkit.layers.preprocessing.random_deletion import RandomDeletion

WORDS = ["this", "is", "not", "a", "good", "film"]


def test_rate_one_deletes_all_and_rate_zero_nothing():
    assert RandomDeletion(1.0)([WORDS, WORDS]) == [[], []]
    assert RandomDeletion(0.0)([WORDS, ["so"], []]) == [WORDS, ["so"], []]


def test_order_and_types_stay():
    left = RandomDeletion(0.5, seed=1)(WORDS)
    assert isinstance(left, list)
    assert 0 < len(left) < len(WORDS)
    assert left == [word for word in WORDS if word in left]
    array = RandomDeletion(0.5, seed=1)(np.arange(6))
    np.testing.assert_array_equal(array, [WORDS.index(word) for word in left])


def test_each_token_is_deleted_at_the_rate():
    rows = RandomDeletion(0.3, seed=0)(np.tile(np.arange(10), (3000, 1)))
    left = np.bincount(np.concatenate(rows)) / 3000
    np.testing.assert_allclose(left, 0.7, atol=0.03)


def test_at_most_max_deletions():
    rows = RandomDeletion(0.9, max_deletions=2)([list(range(20))] * 50)
    assert [len(row) for row in rows] == [18] * 50
    assert RandomDeletion(0.9, max_deletions=0)(WORDS) == WORDS


@pytest.mark.parametrize(
    "skip",
    [
        {"skip_list": ["not", "good"]},
        {"skip_fn": lambda token: np.array(token in ("not", "good"))},
        {"skip_py_fn": lambda token: token in ("not", "good")},
    ],
)
def test_skipped_tokens_stay(tf, skip):
    layer = RandomDeletion(1.0, **skip)
    assert layer([WORDS, ["good", "bad"]]) == [["not", "good"], ["good"]]
    assert layer(tf.constant(WORDS)).numpy().tolist() == [b"not", b"good"]


def test_skip_list_of_ids():
    assert RandomDeletion(1.0, skip_list=[2, 3])([1, 2, 3, 4]) == [2, 3]


def test_an_own_generator():
    layer = RandomDeletion(0.5)
    first, second = (layer(WORDS, rng=np.random.default_rng(7)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("rows", [[WORDS, ["so"], []], [[1, 2, 3, 4], [5, 6]]])
def test_python_equals_tf_data(tf, rows):
    python = RandomDeletion(0.5, seed=5)(rows)
    dataset = tf.data.Dataset.from_tensors(tf.ragged.constant(rows))
    graph = next(iter(dataset.map(RandomDeletion(0.5, seed=5)))).to_list()
    decoded = [[t.decode() if isinstance(t, bytes) else t for t in row] for row in graph]
    assert decoded == python


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate": 1.1}, "rate must be between 0 and 1; got 1.1"),
        ({"max_deletions": -1}, "max_deletions must be 0 or more, or None; got -1"),
        ({"skip_list": [1], "skip_py_fn": bool}, "got skip_list and skip_py_fn"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        RandomDeletion(**{"rate": 0.5, **arguments})
