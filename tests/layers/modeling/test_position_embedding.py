import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.layers.modeling.position_embedding import PositionEmbedding


@pytest.fixture
def layer() -> PositionEmbedding:
    layer = PositionEmbedding(sequence_length=6)
    layer.build((None, None, 4))
    return layer


def table(layer: PositionEmbedding) -> np.ndarray:
    return ops.convert_to_numpy(layer.get_weights()[0])


def test_rows_follow_the_sequence(layer):
    outputs = ops.convert_to_numpy(layer(np.zeros((2, 3, 4), "float32")))
    np.testing.assert_array_equal(outputs, np.stack([table(layer)[:3]] * 2))


@pytest.mark.parametrize("start_index", [2, np.int32(2), np.array(2)])
def test_start_index_shifts_the_rows(layer, start_index):
    outputs = layer(np.zeros((2, 3, 4), "float32"), start_index=start_index)
    np.testing.assert_array_equal(ops.convert_to_numpy(outputs)[1], table(layer)[2:5])


@pytest.mark.parametrize("positions", [[5, 0, 3], [[5, 0, 3], [1, 1, 2]]])
def test_positions_choose_the_rows(layer, positions):
    outputs = layer(np.zeros((2, 3, 4), "float32"), positions=np.array(positions, "int32"))
    expected = np.broadcast_to(table(layer)[np.array(positions)], (2, 3, 4))
    np.testing.assert_array_equal(ops.convert_to_numpy(outputs), expected)


def test_positions_are_not_limited_by_the_length_of_the_inputs(layer):
    inputs = np.zeros((1, 8, 4), "float32")
    outputs = layer(inputs, positions=np.arange(8, dtype="int32") % 3)
    np.testing.assert_array_equal(ops.convert_to_numpy(outputs)[0, 7], table(layer)[1])


def test_any_number_of_leading_axes(layer):
    outputs = ops.convert_to_numpy(layer(np.zeros((2, 5, 3, 4), "float32")))
    np.testing.assert_array_equal(outputs[1, 4], table(layer)[:3])


@pytest.mark.parametrize("inputs", [np.zeros((1, 7, 4), "float32"), keras.KerasTensor((1, 7, 4))])
def test_too_long_a_sequence_is_an_error_that_names_both_lengths(layer, inputs):
    with pytest.raises(ValueError, match="sequence_length=6.* 7 tokens"):
        layer(inputs)


def test_start_index_counts_towards_the_length(layer):
    with pytest.raises(ValueError, match="sequence_length=6.* 3 tokens from position 4"):
        layer(np.zeros((1, 3, 4), "float32"), start_index=4)


def test_a_negative_start_index_is_an_error(layer):
    with pytest.raises(ValueError, match="start_index.*-1"):
        layer(np.zeros((1, 3, 4), "float32"), start_index=-1)


@pytest.mark.parametrize("sequence_length", [None, 0, 2.5])
def test_sequence_length_is_a_positive_integer(sequence_length):
    with pytest.raises(ValueError, match="sequence_length"):
        PositionEmbedding(sequence_length=sequence_length)
