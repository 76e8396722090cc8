"""What holds for every decoder family: it is Hugging Face's, converted, saved and trained."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.decoder import LENGTHS, STEPS, rows_of_ids
from conformance.cases.decoders import DECODERS
from conformance.cases.families import combines
from conformance.decoder_programs import compiled, run, tensor
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.presets.mapping.assignment import model_variables, named_variables
from nlpkit.presets.mapping.key_matching import check_table

CASES = DECODERS
SHAPES = [(case, shape) for case in DECODERS for shape in case.references]
with_shapes = pytest.mark.parametrize(
    ("family", "shape"), SHAPES, ids=[f"{case.name}-{shape}" for case, shape in SHAPES]
)


def each_kind(shapes):
    """The first shape of each kind on every backend, the others by turns."""
    marked = []
    for turn, (case, shape) in enumerate(shapes):
        on_each = not combines(case) and shape == next(iter(case.references))
        marks = [] if on_each else pytest.mark.by_turns(turn)
        marked.append(pytest.param(case, shape, id=f"{case.name}-{shape}", marks=marks))
    return pytest.mark.parametrize(("family", "shape"), marked)


FIRST_SHAPES = [(case, next(iter(case.references))) for case in DECODERS]
PROMPTS = ["the movie was", "go", "unbelievable, a good movie"]


@dataclass(frozen=True)
class Converted:
    """A model of Hugging Face's, the folder it was saved to, and the task made from it."""

    theirs: Any
    folder: Any
    ours: Any
    logits: np.ndarray


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    @cache
    def convert(family, shape):
        theirs, folder = family.references[shape](), tmp_path_factory.mktemp(shape)
        theirs.save_pretrained(folder)
        ours = family.task_class.from_preset(folder, preprocessor=None)
        return Converted(theirs, folder, ours, logits_of_transformers(theirs))

    return convert


@with_shapes
def test_logits_are_those_of_transformers(converted, family, shape):
    made = converted(family, shape)
    ids, mask = ids_for(made.theirs)
    assert_close(run(made.ours, token_ids=ids, padding_mask=mask)[mask], made.logits[mask])


@each_kind(SHAPES)
def test_steps_equal_the_whole(converted, family, shape):
    steps_equal_the_whole(converted(family, shape), tokens=1)


@each_kind(FIRST_SHAPES)
def test_several_tokens_a_step_equal_the_whole(converted, family, shape):
    steps_equal_the_whole(converted(family, shape), tokens=3)


@each_kind(SHAPES)
def test_transformers_opens_what_is_saved(converted, family, shape, tmp_path):
    import transformers

    made = converted(family, shape)
    made.ours.save_to_preset(tmp_path)
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    assert type(again) is type(made.theirs)
    _, mask = ids_for(made.theirs)
    assert_close(logits_of_transformers(again.eval())[mask], made.logits[mask], tolerance=1e-6)
    same_model(family.task_class.from_preset(tmp_path, preprocessor=None), made.ours)


def test_task_comes_back_with_its_preprocessor(case, tmp_path):
    task = case.build()
    task.save_to_preset(tmp_path)
    again = nlpkit.models.CausalLM.from_preset(tmp_path)
    assert type(again) is case.task_class
    assert type(again.preprocessor) is type(task.preprocessor)
    assert again.preprocessor(PROMPTS)[0].keys() == task.preprocessor(PROMPTS)[0].keys()
    assert_close(again.preprocessor(PROMPTS), task.preprocessor(PROMPTS), tolerance=0)
    same_model(again, task)


def test_saved_as_keras_file(case, tmp_path):
    task = case.build()
    task.save(tmp_path / "task.keras")
    same_model(keras.saving.load_model(tmp_path / "task.keras"), task)


def test_every_variant_comes_back(case, tmp_path):
    for label, arguments in {"all": case.arguments, **case.others}.items():
        backbone = getattr(nlpkit.models, case.name)(**arguments())
        check_table(backbone.weight_table(), named_variables(backbone), case.name)
        backbone.save_to_preset(tmp_path / label)
        same_model(type(backbone).from_preset(tmp_path / label), backbone)


def test_model_of_inner_layers_is_saved(case, tmp_path):
    backbone = case.build().backbone
    inner = keras.Model(backbone.input, backbone.get_layer("transformer_layer_0").output)
    inner.save(tmp_path / "inner.keras")
    opened = keras.saving.load_model(tmp_path / "inner.keras")
    left, right = named_variables(opened), named_variables(inner)
    assert left.keys() == right.keys()
    for path, variable in right.items():
        np.testing.assert_array_equal(*map(ops.convert_to_numpy, (left[path], variable)), path)


def ids_for(model):
    return rows_of_ids(model.config.vocab_size)


def logits_of_transformers(model):
    import torch

    ids, mask = ids_for(model)
    with torch.no_grad():
        outputs = model(torch.tensor(ids), attention_mask=torch.tensor(mask))
    return outputs.logits.numpy()


def steps_equal_the_whole(made, tokens):
    """Prompts of mixed lengths, then so many tokens at a time; a ring only takes one."""
    ids, mask = (on_the_left(x) for x in ids_for(made.theirs))
    first = ids.shape[1] - STEPS

    def prefill(ids, mask, reach):
        return made.ours.prefill(
            Prompt(ids, mask, reach, slots=int(LENGTHS.max()), ring=tokens == 1)
        )

    start, step = compiled(prefill, made.ours), compiled(made.ours.step, made.ours)
    prompt = (tensor(x[:, :first]) for x in (ids, mask))
    logits, _, cache = start(*prompt, tensor(LENGTHS))
    found = [ops.convert_to_numpy(logits)[:, None]]
    for i in range(first, ids.shape[1], tokens):
        logits, _, cache = step(tensor(ids[:, i : i + tokens]), cache)
        found.append(ops.convert_to_numpy(logits))
    assert_close(np.concatenate(found, axis=1), on_the_left(made.logits)[:, first - 1 :])


def on_the_left(rows):
    """Rows of LENGTHS with their padding moved to the left."""
    return np.stack([np.roll(row, len(row) - n, 0) for row, n in zip(rows, LENGTHS, strict=True)])


def same_model(actual, expected):
    """Assert that two models are built alike and have the same weights."""
    specs = [getattr(model, "backbone", model)._transformer.spec for model in (actual, expected)]
    assert specs[0] == specs[1]
    left, right = model_variables(actual), model_variables(expected)
    assert left.keys() == right.keys()
    for path, variable in right.items():
        np.testing.assert_array_equal(*map(ops.convert_to_numpy, (left[path], variable)), path)
