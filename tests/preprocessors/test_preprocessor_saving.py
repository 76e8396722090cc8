import copy
import pickle

import keras
import numpy as np
import pytest

from nlpkit.preprocessors import MaskedLMPreprocessor, TextClassifierPreprocessor

CASES = [
    (TextClassifierPreprocessor, {"sequence_length": 5, "truncate": "waterfall",
                                  "truncation": "silent", "padding_side": "left"}),
    (MaskedLMPreprocessor, {"sequence_length": 5, "truncate": "waterfall",
                            "mask_selection_rate": 0.5, "mask_selection_length": 3,
                            "mask_token_rate": 0.6, "random_token_rate": 0.3, "seed": 1,
                            "truncation": "silent", "padding_side": "left"}),
]  # fmt: skip
TEXTS = (["good film", "a"], ["bad", "a a a a"])


def same(ours, theirs):
    pairs = zip(keras.tree.flatten(ours), keras.tree.flatten(theirs), strict=True)
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in pairs)


@pytest.mark.parametrize(("preprocessor", "arguments"), CASES)
def test_config_rebuilds_the_preprocessor(tokenizer, preprocessor, arguments):
    original = preprocessor(tokenizer, **arguments, name="mine", dtype="int64")
    revived = preprocessor.from_config(original.get_config())
    assert revived.name == "mine"
    assert {name: getattr(revived, name) for name in arguments} == arguments
    revived.tokenizer.set_vocabulary(tokenizer.get_vocabulary())
    assert same(original(TEXTS), revived(TEXTS))


@pytest.mark.parametrize(("preprocessor", "arguments"), CASES)
@pytest.mark.parametrize("used", [True, False])
@pytest.mark.parametrize("copy_of", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_and_pickles(tokenizer, preprocessor, arguments, used, copy_of):
    original = preprocessor(tokenizer, **arguments)
    if used:
        original(TEXTS)
    revived = copy_of(original)
    assert same(preprocessor(tokenizer, **arguments)(TEXTS), revived(TEXTS))


@pytest.mark.parametrize(("preprocessor", "arguments"), CASES)
@pytest.mark.parametrize("used", [True, False])
def test_keras_files_hold_the_vocabulary(tokenizer, tmp_path, preprocessor, arguments, used):
    original = preprocessor(tokenizer, **arguments)
    if used:
        original(TEXTS)
    keras.saving.save_model(original, tmp_path / "preprocessor.keras")
    revived = keras.saving.load_model(tmp_path / "preprocessor.keras")
    assert revived.tokenizer.get_vocabulary() == tokenizer.get_vocabulary()
    assert same(original(TEXTS), revived(TEXTS))  # Random masks go on where they were.
