"""What holds for every preprocessor."""

import keras
import numpy as np
import pytest

from conformance.cases.case import assert_close
from conformance.cases.decoders import DECODER_PREPROCESSORS
from conformance.cases.encoders import ENCODER_PREPROCESSORS
from conformance.cases.tasks import LABELS, PREPROCESSORS, TEXTS

CASES = PREPROCESSORS + ENCODER_PREPROCESSORS + DECODER_PREPROCESSORS


def _for_encoders(case):
    return case not in DECODER_PREPROCESSORS


ONLY = {
    # Decoders' are shown to do so by training and generating.
    "output_feeds_the_task": _for_encoders,
    "pairs_are_two_segments": _for_encoders,
    "labels_pass_through": lambda case: _for_encoders(case) and case.family.labels is not None,
    "makes_its_own_labels": lambda case: _for_encoders(case) and case.family.labels is None,
}


def test_output_feeds_the_task(case):
    features, *_ = as_tuple(case.build()(TEXTS))
    task = case.family.task()
    outputs = task.predict_on_batch(features)
    assert outputs.shape[0] == len(TEXTS)
    assert np.isfinite(outputs).all()


def test_pairs_are_two_segments(case):
    preprocessor = case.build()
    features, *_ = as_tuple(preprocessor((TEXTS, TEXTS[::-1])))
    assert features["token_ids"].shape == (len(TEXTS), preprocessor.sequence_length)
    packing, real = preprocessor.tokenizer.packing, features["padding_mask"]
    assert ("segment_ids" in features) == packing.numbers_segments
    if packing.numbers_segments:
        segment_ids = features["segment_ids"]
        assert segment_ids[real].max() == (packing.end_segment or 1)
        assert (segment_ids[~real] == packing.pad_segment).all()


def test_labels_pass_through(case):
    weights = np.linspace(0, 1, len(TEXTS))
    preprocessor = case.build()
    x, y, sample_weight = preprocessor(TEXTS, LABELS, weights)
    assert y is LABELS
    assert sample_weight is weights
    assert_close(preprocessor(TEXTS), x, tolerance=0)


def test_makes_its_own_labels(case):
    features, y, sample_weight = case.build()(TEXTS)
    assert y.shape == sample_weight.shape == features["mask_positions"].shape
    with pytest.raises(ValueError, match="labels"):
        case.build()(TEXTS, LABELS)


def test_cut_text_is_reported(case):
    long = {"sequence_length": 4, "truncation": "warn"}
    with pytest.warns(UserWarning, match="sequence_length"):
        case.build(**long)(TEXTS)
    with pytest.raises(ValueError, match="sequence_length"):
        case.build(**long | {"truncation": "error"})(TEXTS)


def test_single_equals_batch(case):
    # Seeded alike, so that those that draw at random draw the same.
    (single,) = TEXTS[:1]
    batch = keras.tree.map_structure(lambda x: x[0], case.build()([single]))
    assert_close(case.build()(single), batch, tolerance=0)


def test_python_equals_tf_data(case):
    tf = pytest.importorskip("tensorflow")
    (batch,) = tf.data.Dataset.from_tensor_slices(TEXTS).batch(len(TEXTS)).map(case.build())
    expected = case.build()(TEXTS)
    assert_close(keras.tree.map_structure(lambda x: x.numpy(), batch), expected, tolerance=0)


def test_padding_side(case):
    for side in ("left", "right"):
        features, *_ = as_tuple(case.build(padding_side=side)(["a b"]))
        assert features["padding_mask"][0, -1] == (side == "left")


def test_tokenizer_of_another_family_is_refused(case):
    import nlpkit

    with pytest.raises(TypeError, match=case.cls.tokenizer_class.__name__):
        case.build(tokenizer=nlpkit.tokenizers.WordPieceTokenizer(["[UNK]", "good"]))


def test_saved_as_keras_file(case, tmp_path):
    keras.saving.save_model(case.build(), tmp_path / "preprocessor.keras")
    revived = keras.saving.load_model(tmp_path / "preprocessor.keras")
    assert_close(revived(TEXTS), case.build()(TEXTS), tolerance=0)


def test_preset_reloads_equal(case, tmp_path):
    preprocessor = case.build()
    preprocessor.save_to_preset(tmp_path)
    assert_close(case.cls.from_preset(tmp_path)(TEXTS), case.build()(TEXTS), tolerance=0)


def as_tuple(result):
    return result if isinstance(result, tuple) else (result,)
