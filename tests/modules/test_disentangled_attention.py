"""Rows of the embeddings of distances."""

import numpy as np
import pytest

from nlpkit.modules.mixing.disentangled_attention import rows_of_distances


@pytest.mark.parametrize(
    ("bucket_size", "max_distance"), [(256, 512), (4, 12), (6, 40), (32, 1000), (2, 8), (None, 9)]
)
def test_rows_are_those_of_transformers(bucket_size, max_distance):
    import torch
    from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position

    # Query minus key there.
    distances = -torch.arange(-2 * max_distance, 2 * max_distance + 1)
    if bucket_size:
        distances = make_log_bucket_position(distances, bucket_size, max_distance)
    span = bucket_size or max_distance
    expected = torch.clamp(distances.long() + span, 0, 2 * span - 1)
    np.testing.assert_array_equal(rows_of_distances(bucket_size, max_distance), expected.numpy())


@pytest.mark.parametrize(("bucket_size", "max_distance"), [(20, 11), (256, 5), (2, 2)])
def test_few_distances_have_a_row_each_as_in_transformers(bucket_size, max_distance):
    import torch
    from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position

    within = -torch.arange(1 - max_distance, max_distance)
    expected = make_log_bucket_position(within, bucket_size, max_distance).long() + bucket_size
    found = rows_of_distances(bucket_size, max_distance)
    np.testing.assert_array_equal(found[max_distance + 1 : -max_distance - 1], expected.numpy())
    # What is farther has the row of the largest distance.
    assert set(found[: max_distance + 1]) == {found[max_distance]}


@pytest.mark.parametrize(("bucket_size", "max_distance"), [(5, 40), (1, 40)])
def test_impossible_buckets_are_refused(bucket_size, max_distance):
    with pytest.raises(ValueError, match="bucket_size must be even"):
        rows_of_distances(bucket_size, max_distance)
