"""ModernBERT's configurations, and which head a checkpoint has."""

import pytest

import nlpkit
from conformance.cases.encoders import ENCODERS
from nlpkit.models import ModernBertBackbone
from nlpkit.presets.layouts.config_reader import ConfigReader


def read(**config):
    reader = ConfigReader({"model_type": "modernbert", "num_hidden_layers": 4, **config})
    arguments = ModernBertBackbone.from_hf_config(reader)
    reader.finish()
    return arguments


def test_published_configuration():
    arguments = read(
        global_attn_every_n_layers=3,
        global_rope_theta=160000.0,
        local_rope_theta=10000.0,
        layer_norm_eps=1e-5,
        position_embedding_type="absolute",
        classifier_pooling="mean",
    )
    full, window = "full_attention", "sliding_attention"
    assert arguments["layer_types"] == [full, window, window, full]
    bases = arguments["rope_max_wavelength"], arguments["local_rope_max_wavelength"]
    assert (*bases, arguments["classifier_pooling"]) == (160_000, 10_000, "mean")


def test_null_for_the_local_base_is_the_global_one():
    arguments = read(global_rope_theta=500.0, local_rope_theta=None)
    assert arguments["local_rope_max_wavelength"] == 500


@pytest.mark.parametrize(
    "config",
    [{"norm_bias": True}, {"decoder_bias": False}, {"rope_scaling": {"type": "linear"}}],
    ids=str,
)
def test_what_is_not_computed_is_refused(config):
    with pytest.raises(ValueError, match=next(iter(config))):
        read(**config)


@pytest.mark.by_turns
def test_head_of_another_task_is_not_taken_for_the_classifier_s(tmp_path):
    [family] = [case for case in ENCODERS if case.name == "ModernBertBackbone"]
    family.heads["MaskedLM"]().save_pretrained(tmp_path)
    task = nlpkit.models.TextClassifier.from_preset(tmp_path, num_classes=2, preprocessor=None)
    assert task.num_classes == 2
