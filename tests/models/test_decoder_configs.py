"""Configurations as Hugging Face's repositories of decoders publish them."""

import pytest

from nlpkit.models.gemma import GemmaBackbone
from nlpkit.models.gemma3 import Gemma3Backbone
from nlpkit.models.gpt_oss import GptOssBackbone
from nlpkit.models.mistral import MistralBackbone
from nlpkit.models.phi3 import Phi3Backbone
from nlpkit.models.stablelm import StableLMBackbone
from nlpkit.presets.layouts.config_reader import ConfigReader

SIZES = {
    "vocab_size": 31,
    "hidden_size": 16,
    "intermediate_size": 20,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
LATER = {**SIZES, "head_dim": 6, "query_pre_attn_scalar": 10, "sliding_window": 4}
WINDOW, FULL = "sliding_attention", "full_attention"


def read(cls, **config):
    reader = ConfigReader(config)
    arguments = cls.from_hf_config(reader)
    reader.finish()
    return arguments


def test_the_first_gemma_means_the_approximate_gelu():
    config = {**SIZES, "head_dim": 6, "model_type": "gemma", "hidden_act": "gelu"}
    assert read(GemmaBackbone, **config, hidden_activation=None)["activation"] == "gelu_tanh"


def test_caps_that_are_null_are_none_and_absent_ones_the_default():
    names = ("attention_logit_soft_cap", "final_logit_soft_cap")
    caps = {"attn_logit_softcapping": None, "final_logit_softcapping": None}
    config = {**LATER, "model_type": "gemma2", "cache_implementation": "hybrid"}
    stated = read(GemmaBackbone, **config, **caps)
    assert [stated[name] for name in names] == [None, None]
    unstated = read(GemmaBackbone, **config)
    assert [unstated[name] for name in names] == [50.0, 30.0]
    assert unstated["layer_types"] == [WINDOW, FULL] * 2


def test_a_window_of_mistral_that_is_null_is_none_and_an_absent_one_the_default():
    config = {**SIZES, "model_type": "mistral"}
    assert read(MistralBackbone, **config, sliding_window=None)["sliding_window"] is None
    assert read(MistralBackbone, **config)["sliding_window"] == 4096


def test_gemma_3_in_the_older_form():
    arguments = read(
        Gemma3Backbone,
        **LATER,
        model_type="gemma3_text",
        sliding_window_pattern=2,
        rope_theta=1e6,
        rope_local_base_freq=500,
        rope_scaling={"factor": 8.0, "rope_type": "linear"},
    )
    backbone = Gemma3Backbone(**arguments)
    assert arguments["layer_types"] == [WINDOW, FULL] * 2
    ropes = [layer.attention.rope for layer in backbone._transformer.spec.layers[:2]]
    assert [rope.max_wavelength for rope in ropes] == [500, 1e6]
    assert ropes[0].scaling is None
    assert ropes[1].scaling.factor == 8
    written = backbone.to_hf_config()
    assert (written["rope_theta"], written["rope_local_base_freq"]) == (1e6, 500)


def test_what_gemma_3_caps_elsewhere_is_refused_by_transformers():
    arguments = read(Gemma3Backbone, **LATER, model_type="gemma3_text")
    ours = Gemma3Backbone(**{**arguments, "attention_logit_soft_cap": 2.0})
    assert ours.to_hf_config()["model_type"] == "nlpkit_gemma3"
    assert Gemma3Backbone(**arguments).to_hf_config()["model_type"] == "gemma3_text"


def test_gemma_2_that_sees_what_comes_later_is_refused():
    with pytest.raises(ValueError, match="use_bidirectional_attention=True is not supported"):
        read(GemmaBackbone, **LATER, model_type="gemma2", use_bidirectional_attention=True)


def test_layer_types_must_fit():
    with pytest.raises(ValueError, match=r"layer_types must have .* each of the 4 layers; got"):
        read(GemmaBackbone, **LATER, model_type="gemma2", layer_types=[WINDOW])


def test_gpt_oss_without_rope_has_the_published_scaling():
    assert read(GptOssBackbone, **SIZES)["rope_scaling"]["factor"] == 32
    default = {"rope_type": "default", "rope_theta": 100.0}
    assert read(GptOssBackbone, **SIZES, rope_parameters=default)["rope_scaling"] is None


def test_phi_3_in_the_older_form():
    scaling = {"type": "su", "short_factor": [1.0, 2.0], "long_factor": [3.0, 4.0]}
    arguments = read(
        Phi3Backbone,
        **SIZES,
        auto_map={"AutoConfig": "configuration_phi3.Phi3Config"},
        rope_scaling=scaling,
        max_position_embeddings=64,
        original_max_position_embeddings=16,
    )
    assert arguments["rope_scaling"]["factor"] == 4
    kerashub = {
        "rope_scaling_type": "su",
        "rope_scaling_short_factor": [1.0, 2.0],
        "rope_scaling_long_factor": [3.0, 4.0],
    }
    other = Phi3Backbone(**{**arguments, "rope_scaling": None, **kerashub})
    assert other._transformer.spec == Phi3Backbone(**arguments)._transformer.spec


def test_stablelm_with_a_norm_for_each_head_is_refused():
    with pytest.raises(ValueError, match="qk_layernorm=True is not supported"):
        read(StableLMBackbone, **SIZES, qk_layernorm=True)
