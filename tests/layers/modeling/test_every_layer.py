"""What holds for every modeling layer: precision, gradients, saving, compilation, masks."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.layers.modeling.alibi_bias import AlibiBias
from nlpkit.layers.modeling.cached_multi_head_attention import CachedMultiHeadAttention
from nlpkit.layers.modeling.fnet_encoder import FNetEncoder
from nlpkit.layers.modeling.masked_lm_head import MaskedLMHead
from nlpkit.layers.modeling.position_embedding import PositionEmbedding
from nlpkit.layers.modeling.reversible_embedding import ReversibleEmbedding
from nlpkit.layers.modeling.rms_normalization import RMSNormalization
from nlpkit.layers.modeling.rotary_embedding import RotaryEmbedding
from nlpkit.layers.modeling.sine_position_encoding import SinePositionEncoding
from nlpkit.layers.modeling.token_and_position_embedding import TokenAndPositionEmbedding

HIDDEN = np.random.default_rng(1).normal(size=(2, 6, 8)).astype("float32")
IDS = np.array([[3, 1, 4, 1, 5, 0], [2, 6, 0, 0, 0, 0]], "int32")
SCORES = np.random.default_rng(2).normal(size=(2, 4, 6, 6)).astype("float32")
POSITIONS = np.array([[4, 0, 2], [1, 1, 3]], "int32")


class Case(NamedTuple):
    build: Callable[..., keras.Layer]
    inputs: list[np.ndarray]
    arguments: dict[str, Any]  # a value other than the default for each constructor argument


CASES = [
    Case(AlibiBias, [SCORES], {"alibi_bias_max": 4}),
    Case(
        CachedMultiHeadAttention,
        [HIDDEN, HIDDEN],
        {"num_heads": 2, "key_dim": 4, "dropout": 0.1, "use_bias": False, "use_gate": True},
    ),
    Case(
        FNetEncoder,
        [HIDDEN],
        {
            "intermediate_dim": 16,
            "dropout": 0.1,
            "activation": "gelu",
            "layer_norm_epsilon": 0.01,
            "kernel_initializer": "he_normal",
            "bias_initializer": "random_normal",
        },
    ),
    Case(
        MaskedLMHead,
        [HIDDEN, POSITIONS],
        {
            "vocabulary_size": 7,
            "intermediate_activation": "gelu",
            "activation": "softmax",
            "layer_norm_epsilon": 0.01,
            "kernel_initializer": "he_normal",
            "bias_initializer": "random_normal",
        },
    ),
    Case(PositionEmbedding, [HIDDEN], {"sequence_length": 9, "initializer": "random_normal"}),
    Case(
        ReversibleEmbedding,
        [IDS],
        {
            "input_dim": 7,
            "output_dim": 8,
            "tie_weights": True,
            "embeddings_initializer": "random_normal",
            "mask_zero": True,
            "reverse_dtype": "float32",
            "logit_soft_cap": 3.0,
        },
    ),
    Case(RMSNormalization, [HIDDEN], {"input_dim": 8, "epsilon": 0.01}),
    Case(RotaryEmbedding, [HIDDEN], {"max_wavelength": 50, "scaling_factor": 2.0}),
    Case(SinePositionEncoding, [HIDDEN], {"max_wavelength": 50}),
    Case(
        TokenAndPositionEmbedding,
        [IDS],
        {
            "vocabulary_size": 7,
            "sequence_length": 9,
            "embedding_dim": 8,
            "embeddings_initializer": "random_normal",
            "mask_zero": True,
        },
    ),
]
every_layer = pytest.mark.parametrize("case", CASES, ids=lambda case: case.build.__name__)


def model_of(case: Case, **arguments: Any) -> keras.Model:
    """The layer in a functional model for sequences of any length."""
    shapes = [x.shape[1:] if x.ndim == 4 else (None, *x.shape[2:]) for x in case.inputs]
    inputs = [keras.Input(s, dtype=str(x.dtype)) for s, x in zip(shapes, case.inputs, strict=True)]
    layer = case.build(**case.arguments, **arguments)
    return keras.Model(inputs, layer(*inputs))


def outputs_of(model: keras.Model, case: Case) -> np.ndarray:
    return ops.convert_to_numpy(ops.cast(model.layers[-1](*case.inputs), "float32"))


def test_every_layer_is_here():
    names = {case.build.__name__ for case in CASES}
    assert len(names) == len(CASES) == 10


@every_layer
def test_compiled_equals_eager(case):
    model = model_of(case)
    predicted = model.predict(case.inputs, verbose=0)
    np.testing.assert_allclose(predicted, outputs_of(model, case), atol=1e-5)


@every_layer
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "float16"])
def test_declared_shape_and_dtype_are_those_of_the_output(case, policy):
    model = model_of(case, dtype=policy)
    outputs = model.layers[-1](*case.inputs)
    declared = zip(model.output.shape, outputs.shape, strict=True)
    assert all(d in (None, actual) for d, actual in declared)
    assert model.output.dtype == keras.backend.standardize_dtype(outputs.dtype)


@every_layer
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_close_to_full(case, policy):
    full = model_of(case)
    half = model_of(case, dtype=policy)
    half.set_weights(full.get_weights())
    assert all(weight.dtype == "float32" for weight in half.trainable_weights)
    expected = outputs_of(full, case)
    tolerance = 0.05 if policy == "mixed_bfloat16" else 0.01
    tolerance *= np.abs(expected).max()
    np.testing.assert_allclose(outputs_of(half, case), expected, atol=tolerance)


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in CASES
        if case.build not in (AlibiBias, RotaryEmbedding, SinePositionEncoding)
    ],
    ids=lambda case: case.build.__name__,
)
def test_every_weight_gets_a_gradient(case):
    model = model_of(case)
    model.compile(keras.optimizers.SGD(1.0), "mse")
    before = [ops.convert_to_numpy(w).copy() for w in model.trainable_weights]
    target = np.random.default_rng(3).normal(size=outputs_of(model, case).shape)
    model.train_on_batch(case.inputs, target)
    pairs = zip(model.trainable_weights, before, strict=True)
    assert not [w.path for w, old in pairs if np.array_equal(ops.convert_to_numpy(w), old)]


@every_layer
def test_saving_and_loading_changes_nothing(case, tmp_path):
    model = model_of(case, name="layer", dtype="mixed_bfloat16")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("layer").get_config() == model.get_layer("layer").get_config()
    np.testing.assert_array_equal(outputs_of(loaded, case), outputs_of(model, case))


@every_layer
def test_arguments_survive_the_configuration(case):
    layer = case.build(**case.arguments, name="given", trainable=False, dtype="bfloat16")
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config
    for name, value in {"name": "given", "trainable": False, **case.arguments}.items():
        initializer = isinstance(config[name], dict)  # Keras' own classes store the object
        assert initializer or config[name] == value, name
    assert layer.dtype_policy.name == "bfloat16"


@pytest.mark.parametrize(
    "layer",
    [
        FNetEncoder(intermediate_dim=4),
        PositionEmbedding(sequence_length=6),
        RMSNormalization(),
        RotaryEmbedding(),
        SinePositionEncoding(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_mask_is_handed_on(layer):
    x = HIDDEN.copy()
    x[:, 4:] = 0
    outputs = layer(keras.layers.Masking()(x))
    pooled = ops.convert_to_numpy(keras.layers.GlobalAveragePooling1D()(outputs))
    expected = ops.convert_to_numpy(outputs)[:, :4].mean(axis=1)
    np.testing.assert_allclose(pooled, expected, atol=1e-5)
