import numpy as np
import pytest
from keras import ops

from nlpkit.layers.modeling.alibi_bias import AlibiBias, alibi_slopes


@pytest.mark.parametrize(
    ("num_heads", "slopes"),
    [
        (1, [1 / 256]),
        (4, [1 / 4, 1 / 16, 1 / 64, 1 / 256]),
        (8, [2.0**-i for i in range(1, 9)]),
        (6, [1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8]),
    ],
)
def test_slopes_of_the_paper(num_heads, slopes):
    np.testing.assert_allclose(alibi_slopes(num_heads), slopes, rtol=1e-7)


def test_scores_fall_with_the_distance_of_the_key(rng):
    scores = rng.normal(size=(2, 4, 3, 5)).astype("float32")
    outputs = ops.convert_to_numpy(AlibiBias()(scores))
    penalty = np.multiply.outer([1 / 4, 1 / 16, 1 / 64, 1 / 256], [-4, -3, -2, -1, 0])
    np.testing.assert_allclose(outputs, scores + penalty[None, :, None], atol=1e-6)


def test_alibi_bias_max_sets_the_smallest_slope():
    outputs = ops.convert_to_numpy(AlibiBias(alibi_bias_max=2)(np.zeros((1, 2, 1, 2), "float32")))
    np.testing.assert_allclose(outputs[0, :, 0, 0], [-1 / 2, -1 / 4])


def test_distances_are_exact_in_half_precision():
    outputs = AlibiBias(dtype="float16")(np.zeros((1, 1, 1, 4098)))
    assert ops.convert_to_numpy(outputs)[0, 0, 0, 0] == np.float16(-4097 / 256)


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 4, 5, 6)])
def test_scores_have_four_axes(shape):
    with pytest.raises(ValueError, match="attention_scores.*batch, heads, query, key"):
        AlibiBias()(np.zeros(shape, "float32"))
