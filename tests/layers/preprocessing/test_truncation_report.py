import warnings

import pytest

from nlpkit.layers.preprocessing.packing.multi_segment_packer import MultiSegmentPacker
from nlpkit.layers.preprocessing.packing.start_end_packer import StartEndPacker

PACKERS = [StartEndPacker, MultiSegmentPacker]


def build(packer, truncation):
    return packer(sequence_length=4, start_value=1, end_value=2, truncation=truncation)


@pytest.mark.parametrize("packer", PACKERS)
def test_warning_says_how_much_was_cut_and_comes_once_a_layer(packer):
    layer = build(packer, "warn")
    with pytest.warns(UserWarning, match=r"cut 4 tokens from 2 of 3 examples to fit sequence_len"):
        layer([[5, 6, 7, 8, 9], [5], [5, 6, 7]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer([[5, 6, 7]])
    with pytest.warns(UserWarning, match="cut 1 tokens from 1 of 1 examples"):
        build(packer, "warn")([5, 6, 7])


@pytest.mark.parametrize("packer", PACKERS)
def test_error_comes_every_time(packer):
    layer = build(packer, "error")
    for _ in range(2):
        with pytest.raises(ValueError, match='cut 1 tokens .* truncation="silent"'):
            layer([5, 6, 7])


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize(("truncation", "ids"), [("silent", [5, 6, 7]), ("warn", [5, 6])])
def test_nothing_is_said_when_silent_or_when_nothing_is_cut(packer, truncation, ids):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(packer, truncation)(ids)


@pytest.mark.parametrize("packer", PACKERS)
def test_tf_data_reports_too(tf, packer):
    dataset = tf.data.Dataset.from_tensors([5, 6, 7])
    with pytest.warns(UserWarning, match="cut 1 tokens"):
        list(dataset.map(build(packer, "warn")))
    with pytest.raises(tf.errors.OpError, match="cut 1 tokens"):
        list(dataset.map(build(packer, "error")))
