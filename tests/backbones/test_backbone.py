"""What a backbone takes, what it refuses, and where it may stand."""

import warnings
from functools import partial

import keras
import numpy as np
import pytest
from keras import ops

from conformance.cases import case
from nlpkit.models import Backbone, BertBackbone

# No output is larger than 3, so that this is 1e-5 or less.
assert_close = partial(case.assert_close, tolerance=3e-6)
IDS = np.array([[2, 5, 3, 0], [2, 6, 7, 3]], "int32")
INPUTS = {"token_ids": IDS, "padding_mask": IDS > 0, "segment_ids": np.zeros_like(IDS)}


@pytest.fixture(scope="module")
def expected(backbone):
    return backbone.predict_on_batch(INPUTS)


def test_is_a_functional_model(backbone):
    assert list(backbone.input) == ["token_ids", "padding_mask", "segment_ids"]
    assert [x.dtype for x in backbone.input.values()] == ["int32", "bool", "int32"]
    assert backbone.output["sequence_output"].shape == (None, None, 8)
    assert backbone.output["pooled_output"].shape == (None, 8)


def test_called_eagerly_it_equals_predict(backbone, expected):
    assert_close(backbone(INPUTS), expected)
    assert_close(backbone.predict(INPUTS, batch_size=2, verbose=0), expected)


@pytest.mark.parametrize(
    "wrap", [np.asarray, np.ndarray.tolist, ops.convert_to_tensor], ids=["array", "list", "tensor"]
)
def test_token_ids_alone_mean_no_padding(backbone, wrap):
    real = {**INPUTS, "padding_mask": np.ones_like(IDS, bool)}
    assert_close(backbone(wrap(IDS)), backbone(real))


@pytest.mark.parametrize("ids", [IDS, IDS.tolist(), {"token_ids": IDS.tolist()}])
def test_predict_takes_token_ids_alone(backbone, ids):
    assert_close(backbone.predict(ids, verbose=0), backbone.predict({"token_ids": IDS}, verbose=0))


def test_an_input_that_is_none_is_absent(backbone, expected):
    assert_close(backbone({**INPUTS, "segment_ids": None}), expected)


def test_integer_masks_and_64_bit_ids_are_cast(backbone, expected):
    assert_close(backbone({name: x.astype("int64") for name, x in INPUTS.items()}), expected)


def test_positions_may_be_given(backbone, expected):
    counted = np.array([[0, 1, 2, 2], [0, 1, 2, 3]], "int32")
    assert_close(backbone({**INPUTS, "positions": counted}), expected)
    others = backbone({**INPUTS, "positions": counted + 1})
    assert np.abs(ops.convert_to_numpy(others["pooled_output"]) - expected["pooled_output"]).max()


def test_an_unknown_input_is_ignored_and_named_once():
    backbone = BertBackbone(
        vocabulary_size=11, num_layers=1, num_heads=1, hidden_dim=4, intermediate_dim=4
    )
    inputs = {**INPUTS, "mask_positions": np.zeros((2, 1), "int32")}
    named = r"takes the inputs \[.*it ignores \['mask_positions'\]"
    with pytest.warns(UserWarning, match=named):
        outputs = backbone(inputs)
    assert_close(outputs, backbone(INPUTS))
    symbolic = {name: keras.Input((None,), dtype="int32", name=name) for name in inputs}
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        backbone.predict(inputs, verbose=0)
        model = keras.Model(
            symbolic, [backbone(symbolic)["pooled_output"], symbolic["mask_positions"]]
        )
    assert_close(model(inputs)[0], outputs["pooled_output"])


REFUSED = {
    "missing": ({"padding_mask": IDS > 0}, "no 'token_ids'"),
    "one example": (IDS[0], r"token_ids must have the shape \[batch, seq\]; got \(4,\).*x\[None\]"),
    "one mask": ({**INPUTS, "padding_mask": IDS[0] > 0}, r"padding_mask must have the shape"),
    "too long": (np.ones((1, 7), "int32"), "token_ids has 7 positions a row, BertBackbone has 6"),
    "past the vocabulary": (IDS + 5, r"token_ids must lie in \[0, 11\); got ids from 5 to 12"),
    "negative": (IDS - 1, r"got ids from -1 to 6"),
    "past the segments": ({**INPUTS, "segment_ids": IDS}, r"segment_ids must lie in \[0, 2\)"),
    "past the positions": ({**INPUTS, "positions": IDS}, r"positions must lie in \[0, 6\)"),
}
refused = pytest.mark.parametrize(("inputs", "message"), REFUSED.values(), ids=REFUSED)


@refused
def test_call_refuses(backbone, inputs, message):
    with pytest.raises(ValueError, match=message):
        backbone(inputs)


@refused
def test_predict_refuses(backbone, inputs, message):
    with pytest.raises(ValueError, match=message):
        backbone.predict(inputs, verbose=0)


def test_stands_in_a_functional_model(backbone, expected):
    features = backbone(backbone.input)["pooled_output"]
    model = keras.Model(backbone.input, keras.layers.Rescaling(2.0)(features))
    assert_close(model.predict_on_batch(INPUTS), 2 * expected["pooled_output"])


def test_stands_in_a_functional_model_on_token_ids_alone(backbone):
    token_ids = keras.Input((4,), dtype="int32")
    features = backbone(token_ids)
    assert features["sequence_output"].shape == (None, 4, 8)
    model = keras.Model(token_ids, features)
    assert_close(model.predict_on_batch(IDS), backbone(IDS))


def test_refuses_symbolic_inputs_that_are_too_long(backbone):
    with pytest.raises(ValueError, match="7 positions a row"):
        backbone(keras.Input((7,), dtype="int32"))


def test_stands_in_a_sequential_model(backbone):
    model = keras.Sequential([keras.Input((None,), dtype="int32"), backbone])
    assert_close(model.predict_on_batch(IDS), backbone(IDS))


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="compiling takes a minute and a C++ compiler there"
)
def test_compiles(backbone, expected):
    model = keras.Model(backbone.input, backbone(backbone.input))
    model.compile(jit_compile=True)
    assert_close(model.predict_on_batch(INPUTS), expected)


def test_stays_frozen_in_another_model(backbone):
    backbone.trainable = False
    try:
        model = keras.Model(backbone.input, backbone(backbone.input))
        assert not model.trainable_variables
    finally:
        backbone.trainable = True
    assert len(backbone.trainable_variables) == len(backbone.weights)


def test_the_token_embedding_is_the_model_s(backbone):
    table = ops.convert_to_numpy(backbone.token_embedding.embeddings)
    assert table.shape == (11, 8)
    reverse = backbone.token_embedding(ops.ones((1, 1, 8)), reverse=True)
    np.testing.assert_allclose(ops.convert_to_numpy(reverse)[0, 0], table.sum(-1), rtol=1e-4)


def test_the_dtype_is_that_of_all_layers():
    small = {"vocabulary_size": 5, "num_layers": 1, "hidden_dim": 4, "intermediate_dim": 4}
    backbone = BertBackbone(**small, num_heads=1, dtype="mixed_bfloat16")
    assert backbone.output["sequence_output"].dtype == "bfloat16"
    assert {weight.dtype for weight in backbone.weights} == {"float32"}
    assert backbone.get_config()["dtype"] == "mixed_bfloat16"
    assert isinstance(backbone, Backbone)


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="num_heads=3, hidden_dim=8"):
        BertBackbone(5, 1, 3, 8, 4)


class WiderBackbone(BertBackbone):
    """A family's with an argument of its own, which it stores itself."""

    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor


def test_a_familys_constructor_may_be_extended():
    sizes = {"vocabulary_size": 5, "num_layers": 1, "num_heads": 2, "hidden_dim": 8}
    backbone = WiderBackbone(factor=3, intermediate_dim=4, **sizes)
    revived = WiderBackbone.from_config(backbone.get_config())
    assert (revived.factor, revived.hidden_dim, revived.intermediate_dim) == (3, 8, 4)
