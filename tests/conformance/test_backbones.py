"""What holds for every backbone."""

import keras
import numpy as np
import pytest

from conformance.cases.backbones import BACKBONES
from conformance.cases.case import assert_close, fill
from conformance.cases.encoders import ENCODER_BACKBONES
from nlpkit.presets.mapping.assignment import named_variables
from nlpkit.presets.mapping.key_matching import check_table

CASES = [*BACKBONES, *ENCODER_BACKBONES]
SHAPES = [(case, shape) for case in CASES for shape in case.family.references]
with_shapes = pytest.mark.parametrize(
    ("family_case", "shape"), SHAPES, ids=[f"{case.name}-{shape}" for case, shape in SHAPES]
)


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_changes_nothing(case, side):
    backbone, inputs = fill(case.build()), case.inputs
    expected, mask = run(backbone, inputs), inputs["padding_mask"]
    inputs = {name: _move_padding(x, mask, side) for name, x in inputs.items()}
    padded = {name: _pad(x, 3, side) for name, x in inputs.items()}
    _same_features(run(backbone, padded), padded["padding_mask"], expected, mask)


def test_batch_equals_single(case):
    backbone, inputs = fill(case.build()), case.inputs
    expected, mask = run(backbone, inputs), inputs["padding_mask"]
    for i, row in enumerate(mask):
        alone = run(backbone, {name: x[i : i + 1, row] for name, x in inputs.items()})
        batch = {name: x[i : i + 1] for name, x in expected.items()}
        _same_features(alone, np.ones((1, row.sum()), bool), batch, row[None])


def test_packed_equals_alone(case):
    backbone, inputs = fill(case.build()), case.inputs
    expected, mask = run(backbone, inputs), inputs["padding_mask"]
    first, second = 1, 2
    packed = {
        name: np.concatenate([x[first][mask[first]], x[second][mask[second]]])[None]
        for name, x in inputs.items()
    }
    packed["sequence_ids"] = np.repeat([1, 2], [mask[first].sum(), mask[second].sum()])[None]
    sequence = run(backbone, packed)["sequence_output"][0]
    alone = [expected["sequence_output"][i][mask[i]] for i in (first, second)]
    assert_close(sequence, np.concatenate(alone))


def test_absent_inputs_are_filled_in(case):
    backbone, inputs = fill(case.build()), case.inputs
    token_ids = inputs["token_ids"]
    full = {name: np.zeros_like(x) for name, x in inputs.items()}
    full |= {"token_ids": token_ids, "padding_mask": np.ones_like(inputs["padding_mask"])}
    assert_close(run(backbone, {"token_ids": token_ids}), run(backbone, full))


def test_weight_table_covers_every_variable_once(case):
    backbone = case.build()
    check_table(backbone.weight_table(), named_variables(backbone), case.name)


@with_shapes
def test_agrees_with_transformers_and_back(family_case, shape, tmp_path):
    import transformers

    family = family_case.family
    reference = family.references[shape]()
    reference.save_pretrained(tmp_path / "theirs")
    backbone = family_case.cls.from_preset(tmp_path / "theirs")
    inputs = dict(family_case.inputs)
    if "segment_ids" in inputs:
        segments = getattr(backbone, "num_segments", 2)  # XLNet compares any numbers.
        inputs["segment_ids"] = np.minimum(inputs["segment_ids"], segments - 1)
    expected, mask = family.reference_outputs(reference, inputs), inputs["padding_mask"]
    _same_features(run(backbone, inputs), mask, expected, mask)

    backbone.save_to_preset(tmp_path / "ours")
    reopened = transformers.AutoModel.from_pretrained(tmp_path / "ours")
    again = family.reference_outputs(reopened, inputs)
    _same_features(again, mask, expected, mask, tolerance=1e-6)


def test_preset_reloads_equal(case, tmp_path):
    backbone = fill(case.build())
    backbone.save_to_preset(tmp_path)
    revived = case.cls.from_preset(tmp_path)
    for path, variable in named_variables(backbone).items():
        assert_close(named_variables(revived)[path], variable, tolerance=0)
    # On PyTorch its kernels lie otherwise in memory, so that sums are taken in another order.
    assert_close(run(revived, case.inputs), run(backbone, case.inputs), tolerance=1e-6)


def test_saved_as_keras_file(case, tmp_path):
    backbone = fill(case.build())
    backbone.save(tmp_path / "backbone.keras")
    revived = keras.saving.load_model(tmp_path / "backbone.keras")
    assert_close(run(revived, case.inputs), run(backbone, case.inputs), tolerance=0)


def run(backbone, inputs):
    """The features of a batch, by name; to trace a graph for them takes TensorFlow longer."""
    eager = keras.backend.backend() == "tensorflow"
    outputs = (backbone if eager else backbone.predict_on_batch)(dict(inputs))
    outputs = outputs if isinstance(outputs, dict) else {"sequence_output": outputs}
    return {name: keras.ops.convert_to_numpy(x) for name, x in sorted(outputs.items())}


def _same_features(actual, mask, expected, expected_mask, tolerance=1e-5):
    """Compare features at real tokens, and those of whole rows."""
    assert actual.keys() == expected.keys()
    for name, features in actual.items():
        per_token = features.ndim == 3
        real, expected_real = (mask, expected_mask) if per_token else (np.s_[:], np.s_[:])
        assert_close(features[real], expected[name][expected_real], tolerance)


def _move_padding(x, mask, side):
    if side == "right":
        return x
    rows = [np.concatenate([row[~real], row[real]]) for row, real in zip(x, mask, strict=True)]
    return np.stack(rows)


def _pad(x, amount, side):
    before, after = (amount, 0) if side == "left" else (0, amount)
    return np.pad(x, [(0, 0), (before, after)])
