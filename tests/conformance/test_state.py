"""All state of a class is Keras' to see: weights and seeds, which advance in training."""

from itertools import pairwise

import keras
import numpy as np

from conformance.cases.backbones import BACKBONES
from conformance.cases.decoders import DECODER_BACKBONES, DECODER_TASKS
from conformance.cases.encoders import ENCODER_BACKBONES, ENCODER_TASKS
from conformance.cases.layers import MODELING_LAYERS
from conformance.cases.seq2seqs import SEQ2SEQ_BACKBONES
from conformance.cases.speeches import SPEECH_BACKBONES
from conformance.cases.tasks import TASKS

LAYERS = [variant for case in MODELING_LAYERS for variant in case.variants()]
MODELS = [*BACKBONES, *DECODER_BACKBONES, *TASKS, *DECODER_TASKS]
MODELS += [*ENCODER_BACKBONES, *ENCODER_TASKS, *SEQ2SEQ_BACKBONES, *SPEECH_BACKBONES]
CASES = [*LAYERS, *MODELS]
ONLY = {
    "layer_keeps_its_state": lambda case: case in LAYERS,
    "model_from_preset_keeps_its_state": lambda case: case in MODELS,
    "training_resumes_from_a_file": lambda case: case.name == COMPILED[0],
    "seeds_advance_in_compiled_steps": lambda case: case.name in COMPILED,
}
COMPILED = ("BertClassifier", "GPT2CausalLM")
IDS = np.array([[3, 1, 2, 4]], "int32")
# What a model has for training, beside what it is.
OF_TRAINING = (keras.optimizers.Optimizer, keras.metrics.Metric)


def test_layer_keeps_its_state(case):
    layer = case.build()
    model = case.functional(layer)
    inputs = {n: keras.ops.convert_to_tensor(x) for n, x in case.arrays.items()}
    keeps_its_state(layer, lambda: model(inputs, training=True))


def test_model_from_preset_keeps_its_state(case, tmp_path):
    built = with_dropout(case)
    built.save_to_preset(tmp_path)
    arguments = {"preprocessor": None} if hasattr(built, "backbone") else {}
    model = case.cls.from_preset(tmp_path, **arguments)
    inputs = {n: keras.ops.convert_to_tensor(x) for n, x in inputs_of(model).items()}
    keeps_its_state(model, lambda: model(inputs, training=True))


def test_seeds_advance_in_compiled_steps(case):
    model = with_dropout(case, preprocessor=None)
    optimizer = keras.optimizers.SGD(0.0)
    model.compile(optimizer, "sparse_categorical_crossentropy", weighted_metrics=[])
    inputs, seeds = inputs_of(model), seeds_of(model)
    labels = IDS[:, 0] * 0 if hasattr(model, "num_classes") else IDS
    states, losses = [values(seeds)], set()
    for _ in range(3):
        losses.add(float(model.train_on_batch(inputs, labels)))
        states.append(values(seeds))
    assert len(losses) == 3
    for before, after in pairwise(states):
        assert all((x != y).any() for x, y in zip(before, after, strict=True))


def test_training_resumes_from_a_file(case, tmp_path):
    model = with_dropout(case, preprocessor=None)
    inputs = inputs_of(model)
    labels = IDS[:, 0] * 0 if hasattr(model, "num_classes") else IDS
    model.train_on_batch(inputs, labels)
    model.save(tmp_path / "model.keras")
    expected = [model.train_on_batch(inputs, labels)[0] for _ in range(2)]
    resumed = keras.saving.load_model(tmp_path / "model.keras")
    losses = [resumed.train_on_batch(inputs, labels)[0] for _ in range(2)]
    assert losses == expected
    assert losses[0] != losses[1]


def with_dropout(case, **changes):
    """A model whose every rate is above 0; the backbones of the tasks' cases have none."""
    if case in DECODER_TASKS:
        arguments = case.family.arguments()
        task = case.family.build(**{n: x for n, x in arguments.items() if "dropout" in n})
        return case.cls(task.backbone, **changes) if changes else task
    model = case.build(**changes)
    if case not in [*TASKS, *ENCODER_TASKS]:
        return model
    config = model.backbone.get_config()
    rates = {name: 0.2 for name in config if "dropout" in name}
    backbone = type(model.backbone).from_config({**config, **rates})
    return case.build(**changes, backbone=backbone)


def inputs_of(model):
    """One row of whatever a model takes."""
    known = {
        "token_ids": IDS,
        "padding_mask": IDS > 0,
        "segment_ids": IDS * 0,
        "mask_positions": IDS[:, :2] - 1,
    }
    known |= {f"{side}_{name}": x for side in ("encoder", "decoder") for name, x in known.items()}
    known["encoder_features"] = np.ones((1, 4, 6), "float32")
    return {x.name: known[x.name] for x in model.inputs}


def keeps_its_state(layer, train):
    """Assert that Keras lists and keeps all state there is, and that training uses every seed."""
    listed = {id(variable) for variable in layer.variables}
    for holder, variable in state_of(layer):
        assert id(variable) in listed, f"{variable.path} of {holder} is not among the variables."
        assert variable._value is not None, f"{variable.path} has no value."
    with keras.StatelessScope() as scope:
        traced(train)
    still = [seed.path for seed in seeds_of(layer) if id(seed) not in scope.state_mapping]
    assert not still, f"These seeds do not advance: {still}."


def traced(function):
    """Call a function; on JAX, where operations alone are slow, for what it does to state."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.eval_shape(function)
    return function()


def seeds_of(layer):
    """The states of the seeds that dropout draws from.

    On PyTorch Keras draws from PyTorch's own generator where no seed was given.
    """
    unused = keras.backend.backend() == "torch"
    return [
        variable
        for holder, variable in state_of(layer)
        if isinstance(holder, keras.random.SeedGenerator)
        and not (unused and holder._initial_seed is None)
    ]


def values(variables):
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def state_of(thing, seen=None):
    """Every variable that can be reached from an object, with what holds it."""
    seen = {} if seen is None else seen
    if id(thing) in seen or isinstance(thing, OF_TRAINING):
        return
    seen[id(thing)] = thing
    if isinstance(thing, dict):
        parts = list(thing.values())
    elif isinstance(thing, list | tuple | set):
        parts = list(thing)
    elif is_ours(thing):
        parts = list(vars(thing).values())
    else:
        return
    for part in parts:
        if isinstance(part, keras.Variable):
            yield thing, part
        else:
            yield from state_of(part, seen)


def is_ours(thing):
    """Whether it is a part of a model: others hold no state of it."""
    kinds = (keras.Layer, keras.random.SeedGenerator)
    return isinstance(thing, kinds) or type(thing).__module__.startswith("nlpkit")
