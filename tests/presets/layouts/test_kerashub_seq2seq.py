"""KerasHub's folders of encoder-decoders: the same outputs, tokenizer and preprocessor."""

from functools import cache

import keras
import numpy as np
import pytest

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.kerashub_decoder import TEXTS
from conformance.cases.seq2seq import SOURCES, TARGETS, rows_of_ids
from conformance.cases.seq2seqs import KERASHUB_SEQ2SEQ as CASES
from conformance.test_seq2seq import NAMES

PAIRS = {"encoder_text": TEXTS, "decoder_text": TEXTS[::-1]}
each_case = pytest.mark.parametrize(
    "name", [pytest.param(x, marks=pytest.mark.by_turns(turn)) for turn, x in enumerate(CASES)]
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """KerasHub's own folder of a random model, and the model, by name of the case."""
    pytest.importorskip("keras_hub")

    @cache
    def write(name):
        folder = tmp_path_factory.mktemp("kerashub") / name
        return folder, CASES[name].write(folder)

    return write


@each_case
def test_logits_equal_kerashub_s(written, name):
    folder, theirs = written(name)
    rows = [*rows_of_ids(SOURCES, 17, 0), *rows_of_ids(TARGETS, 17, 1)]
    names = [f"{side}_{x}" for side in ("encoder", "decoder") for x in NAMES]
    inputs = dict(zip(names, rows, strict=True))
    real = inputs["decoder_padding_mask"]
    found = nlpkit.models.Seq2SeqLM.from_preset(folder)(inputs)
    # KerasHub's masks are integers.
    expected = theirs({key: x.astype("int32") for key, x in inputs.items()})
    assert_close(*(keras.ops.convert_to_numpy(x)[real] for x in (found, expected)))


@each_case
def test_ids_equal_kerashub_s(written, name):
    folder, theirs = written(name)
    preprocessor = nlpkit.models.Seq2SeqLMPreprocessor.from_preset(folder, **CASES[name].lengths)
    for found, expected in zip(preprocessor(PAIRS), theirs.preprocessor(PAIRS), strict=True):
        expected = keras.tree.map_structure(keras.ops.convert_to_numpy, expected)
        keras.tree.map_structure(np.testing.assert_array_equal, found, expected)
