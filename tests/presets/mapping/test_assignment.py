"""Moving weights between variables and tensors."""

import keras
import numpy as np
import pytest

from nlpkit.presets.mapping.assignment import (
    assign,
    collect,
    model_variables,
    named_variables,
    shapes,
)
from nlpkit.presets.mapping.key_matching import match
from nlpkit.presets.mapping.weight_table import parse


def test_paths_are_nested_layer_names(backbone):
    assert list(named_variables(backbone)) == [
        "token_embedding/embeddings",
        "layer_0/kernel",
        "layer_0/bias",
        "layer_1/kernel",
        "layer_1/bias",
        "norm/gamma",
        "norm/beta",
        "pooler/kernel",
        "pooler/bias",
    ]


def test_paths_do_not_depend_on_how_often_a_model_was_made(backbone):
    assert list(named_variables(type(backbone)(4))) == list(named_variables(backbone))


def test_task_lists_shared_weights_once_under_its_backbone(language_model):
    paths = list(model_variables(language_model))
    assert "backbone/token_embedding/embeddings" in paths
    assert [path for path in paths if not path.startswith("backbone/")] == ["lm/bias"]
    assert len(paths) == len(language_model.weights)


def test_two_variables_of_one_path_are_refused():
    inputs = keras.Input((2,))
    inner = [keras.Sequential([keras.layers.Dense(1, name="same")], name=name) for name in "ab"]
    model = keras.Model(inputs, [part(inputs) for part in inner])
    inner[1].name = "a"
    with pytest.raises(ValueError, match="have the path 'a/same/"):
        named_variables(model)


def test_collect_is_the_inverse_of_assign(backbone):
    table = backbone.weight_table()
    tensors = collect(table, named_variables(backbone), "TinyBackbone")
    fresh = type(backbone)(4)
    variables = named_variables(fresh)
    found = match(table, shapes(variables), {name: x.shape for name, x in tensors.items()})
    assign(found, variables, tensors.__getitem__)
    for path, variable in named_variables(backbone).items():
        np.testing.assert_array_equal(_array(variables[path]), _array(variable))


def test_tensors_are_read_one_at_a_time_and_once():
    dense = keras.layers.Dense(2)
    dense.build((None, 3))
    tensors = {"w": np.ones((3, 2)), "b": np.zeros(2)}
    asked = []
    found = match(
        parse("kernel <- w\nbias <- b"),
        shapes(named_variables(dense)),
        {name: x.shape for name, x in tensors.items()},
    )
    assign(found, named_variables(dense), lambda name: asked.append(name) or tensors[name])
    assert sorted(asked) == ["b", "w"]


def test_tied_tensors_that_differ_are_refused():
    dense = keras.layers.Dense(2, use_bias=False)
    dense.build((None, 3))
    tensors = {"w": np.ones((3, 2)), "t": np.ones((2, 3))}
    found = match(
        parse("kernel <- w\nkernel <- t | transpose ; tied"),
        {"kernel": (3, 2)},
        {name: x.shape for name, x in tensors.items()},
    )
    assign(found, named_variables(dense), tensors.__getitem__)
    tensors["t"][0, 0] = 2
    with pytest.raises(ValueError, match="t and w differ, but kernel is both"):
        assign(found, named_variables(dense), tensors.__getitem__)


def test_variable_without_a_line_cannot_be_saved(backbone):
    backbone.get_layer("layer_0").enable_lora(2)
    with pytest.raises(ValueError, match="no line names: layer_0/lora_kernel_a"):
        collect(backbone.weight_table(), named_variables(backbone), "TinyBackbone")


def _array(variable):
    return keras.ops.convert_to_numpy(variable)
