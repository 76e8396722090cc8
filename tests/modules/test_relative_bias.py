"""Biases of attention scores by distance."""

import numpy as np
import pytest
from keras import ops

from nlpkit.modules.mixing.relative_bias import RelativeBias, distance_buckets


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(("num_buckets", "max_distance"), [(32, 128), (8, 16), (6, 20), (12, 7)])
def test_buckets_are_those_of_transformers(num_buckets, max_distance, bidirectional):
    import torch
    from transformers.models.t5.modeling_t5 import T5Attention

    expected = T5Attention._relative_position_bucket(
        torch.arange(-max_distance, max_distance + 1), bidirectional, num_buckets, max_distance
    )
    found = distance_buckets(num_buckets, max_distance, bidirectional)
    np.testing.assert_array_equal(found, expected.numpy())


def test_buckets_that_grow_need_distances():
    with pytest.raises(ValueError, match="more than 8 if num_buckets is 32; got 8"):
        distance_buckets(32, 8, bidirectional=True)


def test_later_keys_share_the_bias_of_the_query_s_own_if_not_bidirectional():
    layer = RelativeBias(2, num_buckets=4, max_distance=6, bidirectional=False)
    bias = ops.convert_to_numpy(layer(np.array([[0, 3]]), np.array([[0, 3, 9, 99]])))
    assert bias.shape == (1, 2, 2, 4)
    assert (bias[0, :, 0] == bias[0, :, 0, :1]).all()
    assert (bias[0, :, 1, 1:] == bias[0, :, 0, :1]).all()
    assert (bias[0, :, 1, 0] != bias[0, :, 0, 0]).any()
