"""KerasHub's folders of encoders: the same outputs and ids."""

from functools import cache

import keras
import numpy as np
import pytest

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.encoders import ENCODERS
from conformance.cases.kerashub_encoder import TEXTS, write

MASK = np.array([[1] * 8, [1] * 5 + [0] * 3]) > 0
INPUTS = {
    "token_ids": np.array([[1, 7, 5, 4, 8, 3, 8, 2], [6, 5, 2, 2, 3, 0, 0, 0]], "int32"),
    "padding_mask": MASK,
    "segment_ids": np.array([[0] * 4 + [1] * 4, [0] * 3 + [1] * 5], "int32"),
    "mask_positions": np.array([[1, 6], [2, 4]], "int32"),
}
each_case = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=pytest.mark.by_turns(turn), id=case.prefix)
        for turn, case in enumerate(ENCODERS)
        if case.kerashub
    ],
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder with KerasHub's folders of a family, and the models in them."""
    pytest.importorskip("keras_hub")

    @cache
    def of(case):
        folder = tmp_path_factory.mktemp(case.prefix)
        return folder, write(case, folder)

    return of


def outputs(model):
    """What a model returns for tokens; of a backbone, at each of them."""
    given = {name: INPUTS[name] for name in model.input}
    found = model(given)
    found = found["sequence_output"] if isinstance(found, dict) else found
    found = keras.ops.convert_to_numpy(found)
    return found[MASK] if found.shape[:2] == MASK.shape else found


@each_case
def test_outputs_equal_kerashub_s(written, case):
    folder, models = written(case)
    for kind in models.keys() - {"Tokenizer"}:
        loaded = getattr(nlpkit.models, kind).from_preset(folder / kind)
        assert type(loaded).__name__.startswith(case.prefix)
        assert_close(outputs(loaded), outputs(models[kind]))


@each_case
def test_ids_equal_kerashub_s(written, case):
    folder, models = written(case)
    tokenizer = nlpkit.models.Tokenizer.from_preset(folder / "Backbone")
    for text in TEXTS:
        np.testing.assert_array_equal(tokenizer(text), models["Tokenizer"](text))
    if "TextClassifier" in models:
        loaded = nlpkit.models.TextClassifier.from_preset(folder / "TextClassifier").preprocessor
        found, expected = loaded(TEXTS), models["TextClassifier"].preprocessor(TEXTS)
        assert found.keys() - expected.keys() <= {"padding_mask"}  # FNet's has none there.
        for name, array in expected.items():
            np.testing.assert_array_equal(found[name], keras.ops.convert_to_numpy(array))
