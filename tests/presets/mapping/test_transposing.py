"""Arrays in C order."""

import numpy as np
import pytest

from nlpkit.presets.mapping.transposing import contiguous


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (33, 100), (128, 17), (0, 4), (7,), (2, 3, 4)])
@pytest.mark.parametrize("dtype", [None, "float16", "bfloat16", "float64"])
def test_a_turned_array_has_the_same_values(shape, dtype):
    array = np.random.default_rng(0).normal(size=shape).astype("float32").T
    turned = contiguous(array, dtype)
    assert turned.flags.c_contiguous
    assert turned.dtype == np.dtype(dtype or "float32")
    np.testing.assert_array_equal(turned, array.astype(turned.dtype))


def test_what_is_in_order_is_not_copied():
    array = np.zeros((3, 4))
    assert contiguous(array) is array


def test_what_has_gaps_is_copied():
    array = np.arange(24.0).reshape(4, 6)[::2, ::2]
    np.testing.assert_array_equal(contiguous(array.T), array.T)
    assert contiguous(array.T).flags.c_contiguous
