"""Dense layers called directly, as while generating: a single row has kernels of its own."""

import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.modules.calling.direct_call import direct_calls
from nlpkit.modules.dense import Dense
from nlpkit.ops.backend.default.product import is_row


@pytest.mark.parametrize("size", [7, 12, 24])
@pytest.mark.parametrize("rows", [(1,), (1, 1), (1, 2), (3, 1)])
@pytest.mark.parametrize("arguments", [{}, {"use_bias": False}, {"activation": "tanh"}])
@pytest.mark.parametrize("rank", [None, 2])
def test_direct_calls_change_nothing(size, rows, arguments, rank):
    rng = np.random.default_rng(0)
    layer = Dense(5, bias_initializer="normal", **arguments)
    layer.build((*rows, size))
    if rank is not None:
        layer.enable_lora(rank, b_initializer="normal")
    x = ops.convert_to_tensor(rng.normal(size=(*rows, size)).astype("float32"))
    expected = ops.convert_to_numpy(layer(x))
    with direct_calls():
        found = ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="PyTorch has kernels of its own")
def test_what_a_row_is():
    assert is_row(np.zeros(3))
    assert is_row(np.zeros((1, 1, 3)))
    assert not is_row(np.zeros((2, 1, 3)))
