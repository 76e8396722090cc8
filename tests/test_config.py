"""Configuration from the constructor's signature."""

import json

import keras
import pytest

from nlpkit._config import (
    Configurable,
    argument_names,
    configuration_names,
    deserialize_object,
)
from nlpkit._registry import registered_class, registered_classes
from nlpkit.samplers import GreedySampler


class Plain(Configurable, keras.Layer):
    def __init__(self, size, scale=1.0, *, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.size = size
        self.scale = scale
        self.activation = activation


class Extended(Plain):
    def __init__(self, extra=(), **kwargs):
        super().__init__(**kwargs)
        self.extra = extra


class Closed(Plain):
    """Takes none of its base's arguments."""

    def __init__(self, words=None):
        super().__init__(size=1)
        self.words = words


class WithAsset(Configurable, keras.Layer):
    assets = ("vocabulary",)

    def __init__(self, vocabulary=None, lowercase=False, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary = vocabulary
        self.lowercase = lowercase


class OfNoKeras(Configurable):
    def __init__(self, size=1, inner=None):
        self.size = size
        self.inner = inner


class OverKerasLayer(Configurable, keras.layers.Dense):
    def __init__(self, units, own=1, **kwargs):
        super().__init__(units, **kwargs)
        self.own = own


def revived(layer):
    return type(layer).from_config(layer.get_config())


def test_arguments_are_those_of_the_signature():
    assert argument_names(Plain) == ["size", "scale", "activation"]
    assert argument_names(Extended) == ["extra", "size", "scale", "activation"]
    assert argument_names(Closed) == ["words"]


def test_configuration_is_the_arguments_and_keras_own():
    layer = Plain(3, scale=0.5, name="mine", dtype="float16", trainable=False)
    assert layer.get_config() == {
        "size": 3,
        "scale": 0.5,
        "activation": "relu",
        "name": "mine",
        "dtype": "float16",
        "trainable": False,
    }


def test_a_layer_is_revived_with_what_it_had():
    layer = revived(Extended(extra=(1, {"a": (2,)}), size=3, name="mine"))
    assert (layer.size, layer.name) == (3, "mine")
    assert layer.extra == [1, {"a": [2]}]


def test_objects_of_keras_are_serialized():
    layer = revived(Plain(keras.initializers.RandomNormal(stddev=0.3), scale=None))
    assert type(layer.size) is keras.initializers.RandomNormal
    assert layer.size.stddev == 0.3
    assert layer.scale is None


def test_objects_within_lists_and_dicts_are_serialized():
    layer = revived(Plain([{"norm": keras.layers.Rescaling(2.0)}]))
    assert layer.size[0]["norm"].scale == 2.0


def test_a_quantized_policy_survives():
    policy = keras.dtype_policies.QuantizedDTypePolicy("int8", "float32")
    layer = revived(Plain(1, dtype=policy))
    assert layer.dtype_policy == policy


def test_what_keras_layer_has_is_kept():
    config = OverKerasLayer(4, own=7, use_bias=False, name="mine").get_config()
    assert (config["units"], config["own"], config["use_bias"]) == (4, 7, False)
    layer = OverKerasLayer.from_config(config)
    assert (layer.units, layer.own, layer.use_bias) == (4, 7, False)


def test_an_asset_is_no_configuration():
    layer = WithAsset(["secret"], lowercase=True)
    assert configuration_names(WithAsset) == ["lowercase"]
    assert "vocabulary" not in layer.get_config()
    assert revived(layer).vocabulary is None


def test_a_configuration_that_names_a_file_is_refused():
    with pytest.raises(ValueError, match=r"WithAsset must not contain \['vocabulary'\]"):
        WithAsset.from_config({"vocabulary": "/etc/passwd"})
    assert WithAsset.from_config({"vocabulary": None}).vocabulary is None


def test_only_classes_of_nlpkit_are_registered():
    import nlpkit.layers

    encoder = nlpkit.layers.TransformerEncoder
    assert registered_class("TransformerEncoder") is encoder
    assert keras.saving.get_registered_name(encoder) == "nlpkit>TransformerEncoder"
    with pytest.raises(ValueError, match="'Plain' is not a class of nlpkit"):
        registered_class("Plain")


def test_the_table_of_classes_is_a_copy():
    registered_classes().clear()
    assert registered_classes()


def test_an_object_that_is_none_of_keras_has_its_arguments_only():
    assert OfNoKeras(2).get_config() == {"size": 2, "inner": None}
    assert revived(OfNoKeras(2)).size == 2


def test_objects_that_are_none_of_keras_are_serialized_like_those_that_are():
    holder = OfNoKeras(inner=GreedySampler(0.5))
    serialized = json.loads(json.dumps(holder.get_config()))["inner"]
    assert serialized["config"] == {"temperature": 0.5}
    for read in (keras.saving.deserialize_keras_object, deserialize_object):
        assert type(read(serialized)) is GreedySampler
    assert revived(holder).inner.temperature == 0.5


class Nested(Configurable, keras.Layer):
    """A layer of layers, one of which is made late."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = keras.layers.Dense(1, name="first")

    def build(self, shape):
        self.first.build(shape)
        self.second = keras.layers.Dense(1, name="second")
        self.second.build(shape)

    def call(self, x):
        return self.first(x) + self.second(x)


def test_a_frozen_layer_of_layers_is_frozen_when_it_is_built():
    layer = Nested(trainable=False)
    layer.build((None, 2))
    assert not layer.second.trainable
    assert not any(variable.trainable for variable in layer.variables)


def test_frozen_parts_stay_frozen():
    layer = Nested()
    layer.build((None, 2))
    assert "trainable_layers" not in layer.get_config()
    layer.second.trainable = False
    config = json.loads(json.dumps(layer.get_config()))
    assert config["trainable_layers"] == {"second": False}
    again = Nested.from_config(config)
    again.build((None, 2))
    assert (again.first.trainable, again.second.trainable) == (True, False)
    assert again.get_config() == config


def test_a_frozen_part_that_is_not_there_is_named():
    layer = Nested.from_config({"trainable_layers": {"third": False}})
    with pytest.raises(ValueError, match="no layer 'third', which trainable_layers names"):
        layer.build((None, 2))
