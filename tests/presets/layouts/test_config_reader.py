"""The strict reader of config.json."""

import pytest

from nlpkit.presets.layouts.config_reader import ConfigReader


def test_values_and_defaults():
    reader = ConfigReader({"size": 8, "dropout": None})
    assert reader.get("size", kind=int) == 8
    assert reader.get("dropout", 0.1) == 0.1
    assert reader.get("layers", 2) == 2


def test_missing_key_is_named():
    with pytest.raises(ValueError, match=r"folder/config\.json lacks the key 'size'"):
        ConfigReader({"size": None}, "folder/config.json").get("size")


@pytest.mark.parametrize(("value", "kind"), [("8", int), (True, int), (8.0, int), (True, float)])
def test_value_of_another_type_is_named(value, kind):
    with pytest.raises(ValueError, match=f"'size' must be of type {kind.__name__}; got {value!r}"):
        ConfigReader({"size": value}).get("size", kind=kind)


def test_type_of_the_default_is_required():
    with pytest.raises(ValueError, match="'dropout' must be of type float; got '0.1'"):
        ConfigReader({"dropout": "0.1"}).get("dropout", 0.0)
    assert ConfigReader({"dropout": 0}).get("dropout", 0.0) == 0


def test_supported_values_are_mapped():
    reader = ConfigReader({"act": "gelu_new"})
    assert reader.require("act", {"gelu": "gelu", "gelu_new": "gelu_tanh"}) == "gelu_tanh"
    assert reader.require("kind", ("absolute",), "absolute") == "absolute"


@pytest.mark.parametrize("value", ["swish", ["gelu"], True])
def test_unsupported_value_is_named_with_the_supported_ones(value):
    with pytest.raises(ValueError) as raised:
        ConfigReader({"act": value}).require("act", {"gelu": 1, "relu": 2, 1: 3})
    assert f"act={value!r} is not supported; supported: 'gelu', 'relu'" in str(raised.value)


def test_unread_key_is_named_with_its_value():
    reader = ConfigReader({"size": 8, "window": 4})
    reader.get("size")
    with pytest.raises(ValueError, match="window=4"):
        reader.finish()


def test_read_ignored_inert_and_null_keys_are_no_leftovers():
    reader = ConfigReader({"size": 8, "odd": 1, "use_cache": True, "window": None})
    reader.require("size", (8,))
    reader.ignore("odd")
    reader.finish()


def test_asking_for_a_key_does_not_read_it():
    reader = ConfigReader({"window": 4})
    assert reader.has("window")
    assert not reader.has("size")
    with pytest.raises(ValueError, match="window"):
        reader.finish()


@pytest.mark.parametrize(("key", "value"), [("is_decoder", True), ("pruned_heads", {"0": [1]})])
def test_key_that_is_inert_at_one_value_is_refused_at_others(key, value):
    ConfigReader({key: type(value)()}).finish()
    with pytest.raises(ValueError, match=f"{key}=.* is not supported; supported: "):
        ConfigReader({key: value}).finish()


def test_another_name_of_a_key_is_read_in_its_place():
    reader = ConfigReader({"hidden_size": 8, "n_head": 2, "num_attention_heads": 2})
    reader.alias(hidden_size="n_embd", num_attention_heads="n_head", num_hidden_layers="n_layer")
    assert [reader.get("n_embd"), reader.get("n_head"), reader.get("n_layer", 1)] == [8, 2, 1]
    reader.finish()


def test_two_names_of_a_key_that_disagree_are_both_named():
    with pytest.raises(ValueError, match="n_embd=4 and hidden_size=8, which mean the same"):
        ConfigReader({"hidden_size": 8, "n_embd": 4}).alias(hidden_size="n_embd")
