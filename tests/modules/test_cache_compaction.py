"""Closing holes in a cache."""

import numpy as np
from keras import ops

from nlpkit.modules.caching.cache import cache_of_prompt
from nlpkit.modules.caching.compaction import compact, with_room
from nlpkit.modules.caching.layer_cache import EmptyKeyValues
from nlpkit.modules.caching.prompt import Prompt


def holed(slots=9):
    """Rows of 5 and 3 tokens in 7 slots: a hole is 0, a token its position + 1."""
    ids = np.array([[1, 2, 0, 3, 4, 0, 5], [0, 1, 0, 2, 0, 0, 3]], "int32")
    mask = (ids > 0).astype("int32")
    values = ids.astype("float32")[:, :, None, None] * np.array([[[[1], [100]]]])  # Two heads
    values, mask, positions = (ops.convert_to_tensor(x) for x in (values, mask, ids - mask))
    prompt = Prompt(positions, mask > 0, ops.convert_to_tensor([9, 9]), slots)
    _, _, layer = EmptyKeyValues(slots).update(values, 10 * values, 0)
    return cache_of_prompt(prompt, mask, positions, [(None, layer)])


def seen(cache):
    """What each row's slots hold."""
    keys = ops.convert_to_numpy(cache.layers[0].keys)[:, :, 0]
    np.testing.assert_array_equal(100 * keys[::2], keys[1::2])
    real = ops.convert_to_numpy(cache.slots[0].sequence_ids)
    return (keys[::2] * real).astype(int).tolist()


def test_tokens_move_together_and_end_in_the_same_slot():
    cache = compact(holed())
    assert int(cache.index) == 5
    assert [row[:5] for row in seen(cache)] == [[1, 2, 3, 4, 5], [0, 0, 1, 2, 3]]
    assert [row[5:] for row in seen(cache)] == [[0] * 4] * 2
    positions = ops.convert_to_numpy(cache.slots[0].positions)
    assert positions[0, :5].tolist() == [0, 1, 2, 3, 4]
    assert positions[1, 2:5].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(cache.layers[0].values, 10 * cache.layers[0].keys)


def test_only_without_room():
    assert int(with_room(holed(), 2).index) == 7
    assert int(with_room(holed(), 3).index) == 5
