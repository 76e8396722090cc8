import keras
import numpy as np
import pytest

from nlpkit.layers.preprocessing.masked_lm_mask_generator import MaskedLMMaskGenerator
from nlpkit.layers.preprocessing.packing.multi_segment_packer import MultiSegmentPacker
from nlpkit.layers.preprocessing.packing.start_end_packer import StartEndPacker
from nlpkit.layers.preprocessing.random_deletion import RandomDeletion
from nlpkit.layers.preprocessing.random_swap import RandomSwap


@keras.saving.register_keras_serializable("tests")
def is_short(token):
    return token < 6


PACKED = {"pad_value": 9, "padding_side": "left", "truncation": "silent", "dtype": "int64"}
CASES = [
    (StartEndPacker, {"sequence_length": 5, "start_value": [1, 2], "end_value": 3,
                      "return_padding_mask": True, **PACKED}),
    (MultiSegmentPacker, {"sequence_length": 7, "start_value": 1, "end_value": [2, 3],
                          "sep_value": 4, "truncate": "waterfall", "return_padding_mask": True,
                          **PACKED}),
    (MaskedLMMaskGenerator, {"vocabulary_size": 50, "mask_selection_rate": 0.5, "mask_token_id": 4,
                             "mask_selection_length": 3, "unselectable_token_ids": [5],
                             "mask_token_rate": 0.5, "random_token_rate": 0.4, "seed": 1}),
    (RandomDeletion, {"rate": 0.5, "max_deletions": 2, "skip_list": [6], "seed": 1}),
    (RandomDeletion, {"rate": 0.5, "skip_py_fn": is_short, "seed": 1}),
    (RandomSwap, {"rate": 0.5, "max_swaps": 3, "skip_list": [6], "seed": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "arguments"), CASES)
def test_config_rebuilds_the_layer(layer, arguments):
    original = layer(**arguments, name="mine")
    revived = layer.from_config(original.get_config())
    assert revived.name == "mine"
    for name, value in arguments.items():
        if name != "dtype":
            assert getattr(original, name) == value
            assert getattr(revived, name) == value
    ids = [[5, 6, 7, 8, 9], [8]]
    for ours, theirs in zip(_leaves(original(ids)), _leaves(revived(ids)), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert np.asarray(ours).dtype == np.asarray(theirs).dtype


def _leaves(outputs):
    return [leaf for leaf in keras.tree.flatten(outputs) if np.size(leaf)]


@pytest.mark.parametrize(("layer", "arguments"), CASES)
def test_lists_do_not_go_through_keras_which_is_slow_on_them(monkeypatch, layer, arguments):
    monkeypatch.delattr(keras.Layer, "__call__")
    layer(**arguments)([[5, 6], [7]])
