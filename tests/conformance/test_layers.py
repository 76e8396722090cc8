"""What holds for every modeling layer."""

import keras
import numpy as np
import pytest

from conformance.cases.case import assert_close, fill
from conformance.cases.layers import MODELING_LAYERS
from nlpkit.presets.mapping.assignment import named_variables

CASES = [variant for case in MODELING_LAYERS for variant in case.variants()]
ONLY = {"masked_positions_change_nothing": lambda case: case.masks}


@pytest.fixture
def mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.usefixtures("mixed_precision")
def test_shapes_and_dtypes_under_mixed_precision(case):
    layer = case.build()
    model = case.functional(layer)
    inputs = {n: keras.ops.convert_to_tensor(v) for n, v in case.arrays.items()}
    outputs = keras.tree.flatten(model(inputs))
    for output, expected in zip(outputs, model.outputs, strict=True):
        assert tuple(output.shape[1:]) == expected.shape[1:]
        assert keras.backend.standardize_dtype(output.dtype) == expected.dtype == "bfloat16"
    dtypes = {keras.backend.standardize_dtype(v.dtype) for v in layer.trainable_variables}
    assert dtypes <= {"float32"}


def test_unknown_initializers_and_activations_are_refused_at_once(case):
    arguments = case.arguments()
    for name in arguments:
        if name.endswith(("initializer", "activation")):
            with pytest.raises(ValueError, match="nonsense"):
                case.cls(**arguments | {name: "nonsense"})


def test_every_weight_gets_a_gradient(case):
    layer = case.build()
    model = case.functional(layer)
    fill(layer)
    targets = [np.random.default_rng(1).normal(size=x.shape) for x in case.run(layer)]
    before = _trainable(layer)
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss=["mse"] * len(targets))
    model.train_on_batch(case.arrays, targets)
    after = _trainable(layer)
    still = {name for name in before if np.abs(after[name] - before[name]).max() < 1e-6}
    assert still == {name for name in before if name.endswith(case.no_gradient)}


def test_masked_positions_change_nothing(case):
    layer = case.build()
    case.functional(layer)
    fill(layer)
    (expected,) = case.run(layer)
    for mask_name, input_name in case.masks.items():
        mask, values = case.inputs[mask_name], case.inputs[input_name]
        other = np.where(mask[..., None], values, values + 1).astype(values.dtype)
        (actual,) = case.run(layer, **{input_name: other})
        real = mask if input_name == next(iter(case.inputs)) else np.s_[:]
        assert_close(actual[real], expected[real])


def test_compiled_equals_eager(case):
    layer = case.build()
    model = case.functional(layer)
    fill(layer)
    # Compiling takes PyTorch a minute and a C++ compiler.
    model.compile(jit_compile=keras.backend.backend() != "torch")
    assert_close(model.predict_on_batch(case.arrays), case.call(layer))


def test_saved_as_keras_file(case, tmp_path):
    layer = case.build()
    model = case.functional(layer)
    fill(layer)
    model.save(tmp_path / "model.keras")
    revived = keras.saving.load_model(tmp_path / "model.keras")
    assert_close(
        revived.predict_on_batch(case.arrays), model.predict_on_batch(case.arrays), tolerance=0
    )


def _trainable(layer):
    variables = named_variables(layer).items()
    return {name: keras.ops.convert_to_numpy(v) for name, v in variables if v.trainable}
