"""DeBERTa's configurations, and both forms of its masked-LM head."""

import pytest

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.encoder import head_inputs, reference
from conformance.cases.encoders import ENCODERS
from conformance.test_encoder_heads import outputs, outputs_of
from nlpkit.models import DebertaV3Backbone
from nlpkit.presets.layouts.config_reader import ConfigReader


def read(**config):
    reader = ConfigReader({"model_type": "deberta-v2", **config})
    arguments = DebertaV3Backbone.from_hf_config(reader)
    reader.finish()
    return arguments


@pytest.mark.parametrize("terms", ["p2c|c2p", " P2C | c2p", ["p2c", "c2p"]])
def test_published_configuration(terms):
    arguments = read(
        relative_attention=True,
        pos_att_type=terms,
        position_buckets=256,
        max_relative_positions=-1,
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        position_biased_input=False,
        attention_head_size=64,
        conv_kernel_size=3,
        conv_act="gelu",
    )
    assert arguments["pos_att_type"] == ["p2c", "c2p"]
    assert (arguments["bucket_size"], arguments["conv_act"]) == (256, "gelu")
    assert arguments["norm_rel_ebd"]


@pytest.mark.parametrize(
    "config",
    [
        {"relative_attention": True},
        {"type_vocab_size": 2},
        {"pooler_dropout": 0.1},
        {"attention_head_size": 32},
        {"norm_rel_ebd": "batch_norm"},
    ],
    ids=str,
)
def test_what_is_not_computed_is_refused(config):
    with pytest.raises(ValueError, match=next(iter(config))):
        read(**config)


def test_unknown_term_is_refused():
    with pytest.raises(ValueError, match="p2p"):
        DebertaV3Backbone(9, 1, 2, 4, 4, pos_att_type=["p2p"])


def test_masked_lm_head_of_the_older_form(tmp_path):
    [family] = [case for case in ENCODERS if case.name == "DebertaV3Backbone"]
    theirs = reference("DebertaV2ForMaskedLM")()
    theirs.save_pretrained(tmp_path / "theirs")
    inputs = head_inputs(family)
    expected = outputs_of(theirs, inputs)
    task = nlpkit.models.MaskedLM.from_preset(tmp_path / "theirs", preprocessor=None)
    assert_close(outputs(task, inputs), expected)
    task.save_to_preset(tmp_path / "ours")
    opened = type(theirs).from_pretrained(tmp_path / "ours").eval()
    assert_close(outputs_of(opened, inputs), expected, tolerance=1e-6)
