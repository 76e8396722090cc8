"""What holds for every decoder family: it is Hugging Face's, and texts do not depend on others."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import nlpkit
from conformance.case import close
from conformance.cases_decoders import DECODERS
from conformance.decoder_case import LENGTHS, STEPS, rows_of_ids
from nlpkit.presets.assignment import model_variables, named_variables
from nlpkit.presets.cover import check_table

CASES = DECODERS
SHAPES = [(case, shape) for case in DECODERS for shape in case.references]
with_shapes = pytest.mark.parametrize(
    ("family", "shape"), SHAPES, ids=[f"{case.name}-{shape}" for case, shape in SHAPES]
)
FIRST_SHAPES = [(case, next(iter(case.references))) for case in DECODERS]
PROMPTS = ["the movie was", "go", "unbelievable, a good movie"]
NEW = 12
# With a larger cache than the others, so that it is another program.
GREEDY = {"sampler": "greedy", "max_new_tokens": 45, "stop_token_ids": None}
# Greedy, by the program that also samples.
LIKELIEST = {"sampler": "random", "max_new_tokens": NEW, "stop_token_ids": None, "top_k": 1}
SAMPLED = {**LIKELIEST, "top_k": 50, "temperature": 2.0}


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
    close(run(made.ours, token_ids=ids, padding_mask=mask)[mask], made.logits[mask])


@with_shapes
def test_steps_equal_the_whole(converted, family, shape):
    steps_equal_the_whole(converted(family, shape), tokens=1)


@pytest.mark.parametrize(("family", "shape"), FIRST_SHAPES, ids=[x.name for x in DECODERS])
def test_several_tokens_a_step_equal_the_whole(converted, family, shape):
    steps_equal_the_whole(converted(family, shape), tokens=3)


@with_shapes
def test_transformers_opens_what_is_saved(converted, family, shape, tmp_path):
    import transformers

    made = converted(family, shape)
    made.ours.save_to_preset(tmp_path)
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    assert type(again) is type(made.theirs)
    _, mask = ids_for(made.theirs)
    close(logits_of_transformers(again.eval())[mask], made.logits[mask], tolerance=1e-6)
    same_model(family.task_class.from_preset(tmp_path, preprocessor=None), made.ours)


def test_task_comes_back_with_its_preprocessor(case, tmp_path):
    task = case.build()
    task.save_to_preset(tmp_path)
    again = nlpkit.models.CausalLM.from_preset(tmp_path)
    assert type(again) is case.task_class
    assert type(again.preprocessor) is type(task.preprocessor)
    assert again.preprocessor(PROMPTS)[0].keys() == task.preprocessor(PROMPTS)[0].keys()
    close(again.preprocessor(PROMPTS), task.preprocessor(PROMPTS), tolerance=0)
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


def test_packed_equals_alone(case):
    """Of three rows the first holds two texts, which are alone in the others."""
    model, first = writer(case), 5
    ids, _ = rows_of_ids(model.backbone.token_embedding.input_dim)
    places = np.arange(ids.shape[1])
    second = np.where(places >= first, 2, 0)
    sequence_ids = np.stack([np.where(places < first, 1, 2), places < first, second])
    packed, *both = run(model, token_ids=ids[[0, 0, 0]], sequence_ids=sequence_ids)
    close(packed[:first], both[0][:first])
    close(packed[first:], both[1][first:])


def test_a_text_is_the_same_alone_and_in_a_batch(case):
    together = writer(case).generate(prompts(case), **LIKELIEST)
    assert together == alone(case)
    # Else it proves little.
    assert len({token for row in together for token in row}) > NEW


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_of_a_prompt_changes_nothing(case, side):
    rows = prompts(case)
    width = max(map(len, rows)) + 2
    mask = np.arange(width) < np.array([len(row) for row in rows])[:, None]
    mask = mask[:, ::-1] if side == "left" else mask
    token_ids = np.full(mask.shape, 3)
    token_ids[mask] = np.concatenate(rows)
    inputs = {"token_ids": token_ids, "padding_mask": mask}
    found = writer(case).generate(inputs, **LIKELIEST)
    trimmed = [ids[real].tolist() for ids, real in zip(*found.values(), strict=True)]
    assert trimmed == alone(case)


def test_streamed_pieces_are_the_text(case):
    text = PROMPTS[0]
    pieces = list(writer(case).generate(text, stream=True, **GREEDY))
    assert "".join(pieces) == writer(case).generate(text, **GREEDY)
    assert len(pieces) > NEW


def test_a_sampled_text_does_not_depend_on_its_batch(case):
    first, second, third = prompts(case)
    model = writer(case)
    one = model.generate([first, second, third], seed=[5, 6, 7], **SAMPLED)
    other = model.generate([third, second, second], seed=[7, 8, 6], **SAMPLED)
    assert (one[2], one[1]) == (other[0], other[2])
    assert one[1] != other[1]


def test_loss_falls(case):
    task = case.build()
    task.compile(keras.optimizers.Adam(0.02), jit_compile=False if on_tensorflow() else "auto")
    losses = task.fit(PROMPTS, epochs=12, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]


@cache
def writer(case):
    """One task a family, so that what is compiled for it is compiled once."""
    return case.build()


@cache
def alone(case):
    """The greedy continuation of each prompt, by itself and with room for more."""
    rows = prompts(case)
    longer = [writer(case).generate([row], **GREEDY)[0] for row in rows]
    return [ids[: len(row) + NEW] for row, ids in zip(rows, longer, strict=True)]


def prompts(case):
    """The ids of PROMPTS, of different lengths."""
    features = writer(case).preprocessor.generate_preprocess(PROMPTS)
    return [ids[real].tolist() for ids, real in zip(*features.values(), strict=True)]


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
        return made.ours.prefill(ids, mask, LENGTHS.max(), reach=reach, ring=tokens == 1)

    start, step = compiled(prefill, made.ours), compiled(made.ours.step, made.ours)
    prompt = (tensor(x[:, :first]) for x in (ids, mask))
    logits, _, cache = start(*prompt, tensor(LENGTHS))
    found = [ops.convert_to_numpy(logits)[:, None]]
    for i in range(first, ids.shape[1], tokens):
        logits, _, cache = step(tensor(ids[:, i : i + tokens]), cache)
        found.append(ops.convert_to_numpy(logits))
    close(np.concatenate(found, axis=1), on_the_left(made.logits)[:, first - 1 :])


def run(task, **inputs):
    tensors = {name: tensor(x) for name, x in inputs.items()}
    return ops.convert_to_numpy(compiled(task, task)(tensors))


def compiled(function, model):
    """A function of a model: on JAX compiled, in haste; elsewhere as it is, which starts faster."""
    if keras.backend.backend() != "jax":
        return function
    import jax

    def pure(values, *arguments):
        mapping = list(zip(model.variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return function(*arguments)

    program = jax.jit(pure, compiler_options={"xla_backend_optimization_level": 0})
    return lambda *arguments: program([v.value for v in model.variables], *arguments)


def tensor(x):
    return ops.convert_to_tensor(x, dtype="bool" if x.dtype == bool else "int32")


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


def on_tensorflow():
    return keras.backend.backend() == "tensorflow"
