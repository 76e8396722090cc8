"""Closing holes in a cache."""

import numpy as np
from keras import ops

from nlpkit.modules import cache as caches
from nlpkit.modules.cache_compaction import compact, with_room


def holed(slots=9):
    """Rows of 5 and 3 tokens in 7 slots: a hole is 0, a token its position + 1."""
    ids = np.array([[1, 2, 0, 3, 4, 0, 5], [0, 1, 0, 2, 0, 0, 3]], "int32")
    mask = (ids > 0).astype("int32")
    values = ids.astype("float32")[:, :, None, None] * np.array([[[[1], [100]]]])  # Two heads
    values, mask, positions = (ops.convert_to_tensor(x) for x in (values, mask, ids - mask))
    pairs = [(caches.ALL, (values, 10 * values))]
    return caches.make(pairs, mask, positions, ops.convert_to_tensor([9, 9]), slots)


def seen(cache):
    """What each row's slots hold."""
    keys = ops.convert_to_numpy(cache["layers"][0][0])[:, :, 0]
    np.testing.assert_array_equal(100 * keys[::2], keys[1::2])
    real = ops.convert_to_numpy(cache["sequence_ids"][caches.ALL])
    return (keys[::2] * real).astype(int).tolist()


def test_tokens_move_together_and_end_in_the_same_slot():
    cache = compact(holed())
    assert int(cache["index"]) == 5
    assert [row[:5] for row in seen(cache)] == [[1, 2, 3, 4, 5], [0, 0, 1, 2, 3]]
    assert [row[5:] for row in seen(cache)] == [[0] * 4] * 2
    positions = ops.convert_to_numpy(cache["positions"][caches.ALL])
    assert positions[0, :5].tolist() == [0, 1, 2, 3, 4]
    assert positions[1, 2:5].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(cache["layers"][0][1], 10 * cache["layers"][0][0])


def test_only_without_room():
    assert int(with_room(holed(), 2)["index"]) == 7
    assert int(with_room(holed(), 3)["index"]) == 5
