"""What holds for every family that transcribes: it is Hugging Face's, and comes back."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from keras import ops

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.speech import inputs_of
from conformance.cases.speeches import SPEECH
from conformance.decoder_programs import compiled, tensor
from conformance.test_decoders import same_model
from nlpkit.modules.prompt import Prompt
from nlpkit.presets.mapping.assignment import named_variables
from nlpkit.presets.mapping.key_matching import check_table

CASES = SPEECH
SHAPES = [(case, shape) for case in SPEECH for shape in case.references]
with_shapes = pytest.mark.parametrize(
    ("family", "shape"), SHAPES, ids=[f"{case.name}-{shape}" for case, shape in SHAPES]
)
by_turns_of_shapes = pytest.mark.parametrize(
    ("family", "shape"),
    [
        pytest.param(case, shape, id=f"{case.name}-{shape}", marks=pytest.mark.by_turns(turn))
        for turn, (case, shape) in enumerate(SHAPES)
    ],
)
OUTPUTS = {
    "encoder_sequence_output": "encoder_last_hidden_state",
    "decoder_sequence_output": "last_hidden_state",
}


def by_turns(case):
    """The checks on a case alone are of data and files."""
    return True


class Converted(NamedTuple):
    """A model of Hugging Face's, the backbone made from its folder, inputs and outputs for them."""

    theirs: Any
    ours: Any
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    @cache
    def convert(family, shape):
        theirs, folder = family.references[shape](), tmp_path_factory.mktemp(shape)
        theirs.save_pretrained(folder)
        ours, config = nlpkit.models.Backbone.from_preset(folder), theirs.config
        frames = 2 * config.max_source_positions
        inputs = inputs_of(config.num_mel_bins, frames, config.vocab_size)
        return Converted(theirs, ours, inputs, outputs_of_transformers(theirs, inputs))

    return convert


@with_shapes
def test_outputs_are_those_of_transformers(converted, family, shape):
    made = converted(family, shape)
    assert type(made.ours) is family.cls("Backbone")
    found = compiled(made.ours, made.ours)({n: as_tensor(x) for n, x in made.inputs.items()})
    mask = made.inputs["decoder_padding_mask"]
    for name, expected in made.outputs.items():
        rows = mask if name.startswith("decoder") else slice(None)
        assert_close(ops.convert_to_numpy(found[name])[rows], expected[rows])


@with_shapes
def test_steps_equal_the_whole(converted, family, shape):
    made = converted(family, shape)
    features, ids, mask = made.inputs.values()

    def prefill(ids, mask, features):
        reach = ops.full((len(ids),), 5, dtype="int32")
        return made.ours.prefill(Prompt(ids, mask, reach, 6, source={"features": features}))

    prompt = (ids[:, :2], mask[:, :2], features)
    hidden, held = compiled(prefill, made.ours)(*map(as_tensor, prompt))
    found, step = [hidden], compiled(made.ours.step, made.ours)
    for i in range(2, ids.shape[1]):
        hidden, held = step(as_tensor(ids[:, i : i + 1]), held)
        found.append(hidden)
    whole = ops.convert_to_numpy(ops.concatenate(found, axis=1))
    assert_close(whole[mask], made.outputs["decoder_sequence_output"][mask])


@by_turns_of_shapes
def test_transformers_opens_what_is_saved(converted, family, shape, tmp_path):
    import transformers

    made = converted(family, shape)
    made.ours.save_to_preset(tmp_path)
    again = transformers.AutoModel.from_pretrained(tmp_path)
    outputs = outputs_of_transformers(again.eval(), made.inputs)
    assert_close(outputs, made.outputs, tolerance=1e-6)
    same_model(nlpkit.models.Backbone.from_preset(tmp_path), made.ours)


def test_every_variant_comes_back(case, tmp_path):
    backbone = case.cls("Backbone")(**case.arguments())
    check_table(backbone.weight_table(), named_variables(backbone), case.name)
    backbone.save_to_preset(tmp_path)
    same_model(nlpkit.models.Backbone.from_preset(tmp_path), backbone)


@pytest.mark.parametrize(
    ("features", "named"),
    [
        ((20, 6), r"encoder_features must have the shape \[batch, seq, 6\]"),
        ((1, 20, 5), r"encoder_features must have the shape \[batch, seq, 6\]"),
        ((1, 21, 6), "encoder_features has 21 positions a row, WhisperBackbone has 20"),
    ],
)
@pytest.mark.by_turns
def test_features_of_another_shape_are_refused(features, named):
    backbone = SPEECH[0].cls("Backbone")(**SPEECH[0].arguments())
    with pytest.raises(ValueError, match=named):
        backbone({"encoder_features": np.zeros(features), "decoder_token_ids": [[3]]})
    with pytest.raises(ValueError, match="no 'encoder_features'"):
        backbone({"decoder_token_ids": [[3]]})


def outputs_of_transformers(model, inputs):
    import torch

    features, ids, mask = (torch.tensor(x) for x in inputs.values())
    with torch.no_grad():
        found = model.base_model(
            input_features=features.swapaxes(1, 2),
            decoder_input_ids=ids.long(),
            decoder_attention_mask=mask,
        )
    return {own: found[name].numpy() for own, name in OUTPUTS.items()}


def as_tensor(x):
    return ops.convert_to_tensor(x) if x.dtype.kind == "f" else tensor(x)
