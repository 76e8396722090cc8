"""Scaled rotary frequencies against transformers, and what configurations say about them."""

from types import SimpleNamespace

import numpy as np
import pytest

from nlpkit.backbones.rope.config import (
    make_scaling,
    read_rope,
    read_rope_by_layer_type,
    write_rope,
)
from nlpkit.presets.layouts.config_reader import ConfigReader

LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 512,
}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 512}
LONG = {
    "rope_type": "longrope",
    "short_factor": [1.0 + i / 10 for i in range(16)],
    "long_factor": [2.0 + i for i in range(16)],
    "original_max_position_embeddings": 64,
    "factor": 32.0,
}
SCALINGS = {
    "linear": {"rope_type": "linear", "factor": 3.0},
    "llama3": LLAMA3,
    "yarn": YARN,
    "yarn, all keys": {
        **YARN,
        "beta_fast": 16.0,
        "beta_slow": 2.0,
        "mscale": 0.7,
        "mscale_all_dim": 1.3,
        "truncate": False,
    },
    "yarn, given attention": {**YARN, "attention_factor": 1.5},
    "yarn, zero betas": {**YARN, "beta_fast": 0.0, "beta_slow": 0.0},
    "longrope": LONG,
    "longrope, given attention": {**LONG, "attention_factor": 1.25},
}


def reference(scaling, length):
    transformers = pytest.importorskip("transformers.modeling_rope_utils")
    config = SimpleNamespace(
        rope_parameters={**scaling, "rope_theta": 500.0},
        standardize_rope_params=lambda: None,
        head_dim=32,
        hidden_size=128,
        num_attention_heads=4,
        max_position_embeddings=2048,
    )
    function = transformers.ROPE_INIT_FUNCTIONS[scaling["rope_type"]]
    frequencies, factor = function(config, "cpu", seq_len=length)
    return frequencies.numpy(), factor


@pytest.mark.parametrize("name", SCALINGS)
@pytest.mark.parametrize("length", [16, 2000])
def test_frequencies_equal_those_of_transformers(name, length):
    scaling = make_scaling(SCALINGS[name])
    frequencies = scaling.frequencies(32, 500.0)
    if frequencies.ndim == 2:
        frequencies = frequencies[int(length > scaling.original_length)]
    expected, factor = reference(SCALINGS[name], length)
    np.testing.assert_allclose(frequencies, expected, rtol=1e-6)
    assert frequencies.dtype == np.float32
    assert scaling.attention_factor == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(
    ("scaling", "message"),
    [
        ({"rope_type": "dynamic", "factor": 2.0}, "'dynamic' is not supported"),
        ({"factor": 2.0}, "lacks the key 'rope_type'"),
        ({"rope_type": "linear"}, "lacks the key 'factor'"),
        ({"rope_type": "linear", "factor": "2"}, "'factor' must be of type float"),
        ({"rope_type": "linear", "factor": 2.0, "beta_fast": 1.0}, "beta_fast=1.0"),
        ({**LONG, "long_factor": ["a"]}, "long_factor must be a list of numbers"),
        ({**LONG, "factor": None}, "needs a factor or an attention_factor"),
    ],
)
def test_a_scaling_that_is_not_understood_is_an_error(scaling, message):
    with pytest.raises(ValueError, match=message):
        make_scaling(scaling)


@pytest.mark.parametrize("scaling", [{**LONG, "long_factor": [1.0]}, {**LLAMA3, "factor": 0}])
def test_numbers_out_of_range_are_errors(scaling):
    with pytest.raises(ValueError, match="positive"):
        make_scaling(scaling).frequencies(32, 500.0)


def read(config, **arguments):
    reader = ConfigReader(config)
    result = read_rope(reader, **arguments)
    reader.ignore("max_position_embeddings")
    reader.finish()
    return result


OWN_LLAMA3 = {"rope_max_wavelength": 5e5, "rope_scaling": LLAMA3}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, {"rope_max_wavelength": 10_000.0, "rope_scaling": None}),
        ({"rope_theta": 5}, {"rope_max_wavelength": 5.0, "rope_scaling": None}),
        (
            {"rope_parameters": {"rope_theta": 7.0, "rope_type": "default"}, "rope_theta": 5.0},
            {"rope_max_wavelength": 7.0, "rope_scaling": None},
        ),
        ({"rope_theta": 5e5, "rope_scaling": LLAMA3}, OWN_LLAMA3),
        ({"rope_parameters": {"rope_theta": 5e5, **LLAMA3}}, OWN_LLAMA3),
        (
            {"rope_scaling": {"type": "linear", "factor": 2.0}},
            {
                "rope_max_wavelength": 10_000.0,
                "rope_scaling": {"rope_type": "linear", "factor": 2.0},
            },
        ),
    ],
)
def test_new_and_old_configurations_are_read(config, expected):
    assert read(config) == expected


def test_a_length_beside_the_scaling_goes_first():
    config = {"max_position_embeddings": 128, "original_max_position_embeddings": 32}
    scaling = {**LONG, "type": "su", "rope_type": None, "factor": None}
    found = read({**config, "rope_scaling": scaling})["rope_scaling"]
    assert found == {**LONG, "original_max_position_embeddings": 32, "factor": 4.0}


def test_a_missing_length_is_that_of_the_model():
    scaling = {**YARN, "original_max_position_embeddings": None}
    found = read({"max_position_embeddings": 128, "rope_scaling": scaling})["rope_scaling"]
    assert found == {**YARN, "original_max_position_embeddings": 128}


def test_a_partly_rotated_head_is_read_where_the_family_has_it():
    config = {"rope_parameters": {"partial_rotary_factor": 0.5}}
    assert read(config, default_fraction=1.0)["partial_rotary_factor"] == 0.5
    names = {"wavelength_key": "rotary_emb_base", "fraction_key": "rotary_pct"}
    found = read({"rotary_emb_base": 9, "rotary_pct": 0.25}, default_fraction=1.0, **names)
    assert found["rope_max_wavelength"] == 9.0
    assert found["partial_rotary_factor"] == 0.25
    found = read(config, default_fraction=1.0, **names)
    assert found["partial_rotary_factor"] == 0.5
    with pytest.raises(ValueError, match="rotates whole heads"):
        read(config)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}, "'dynamic' is not supported"),
        ({"rope_parameters": {"rope_type": "default", "surprise": 1}}, "surprise=1"),
        ({"rope_parameters": {"full_attention": {}}}, "given for .'full_attention'"),
        ({"rope_parameters": YARN, "rope_scaling": LLAMA3}, "differ"),
    ],
)
def test_a_configuration_that_is_not_understood_is_an_error(config, message):
    with pytest.raises(ValueError, match=message):
        read(config)


@pytest.mark.parametrize(
    "config",
    [
        {"rope_theta": 1e6, "rope_local_base_freq": 1e4, "rope_scaling": SCALINGS["linear"]},
        {
            "rope_parameters": {
                "full_attention": {"rope_theta": 1e6, **SCALINGS["linear"]},
                "sliding_attention": {"rope_theta": 1e4, "rope_type": "default"},
            }
        },
    ],
)
def test_two_kinds_of_layers_are_read(config):
    reader = ConfigReader(config)
    defaults = {"full_attention": 3.0, "sliding_attention": 4.0}
    assert read_rope_by_layer_type(reader, defaults) == {
        "full_attention": {"rope_max_wavelength": 1e6, "rope_scaling": SCALINGS["linear"]},
        "sliding_attention": {"rope_max_wavelength": 1e4, "rope_scaling": None},
    }
    reader.finish()


@pytest.mark.parametrize("scaling", [None, *SCALINGS.values()])
def test_what_is_written_is_read_again(scaling):
    config = {**write_rope(123.0, scaling), "max_position_embeddings": 2048}
    assert read(config) == {"rope_max_wavelength": 123.0, "rope_scaling": scaling}


@pytest.mark.parametrize("name", ["linear", "llama3", "yarn", "longrope"])
def test_transformers_reads_what_is_written(name):
    transformers = pytest.importorskip("transformers")
    family = transformers.Phi3Config if name == "longrope" else transformers.LlamaConfig
    sizes = {"hidden_size": 128, "num_attention_heads": 4, "max_position_embeddings": 2048}
    config = family.from_dict({**sizes, **write_rope(123.0, SCALINGS[name])})
    found = {key: config.rope_parameters[key] for key in SCALINGS[name]}
    assert found == SCALINGS[name]
    assert config.rope_parameters["rope_theta"] == 123.0
