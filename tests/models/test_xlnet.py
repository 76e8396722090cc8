"""XLNet: its configurations, KerasHub's folders, and the token that stands for a row at its end."""

import numpy as np
import pytest

from conformance.cases.case import assert_close
from nlpkit.models import (
    Backbone,
    QuestionAnswerer,
    QuestionAnswererPreprocessor,
    XLNetBackbone,
    XLNetTokenizer,
)
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.tokenizers import compute_sentence_piece_proto

PUBLISHED = {
    "attn_type": "bi",
    "bi_data": False,
    "clamp_len": -1,
    "d_head": 64,
    "d_inner": 3072,
    "d_model": 768,
    "dropout": 0.1,
    "end_n_top": 5,
    "ff_activation": "gelu",
    "initializer_range": 0.02,
    "layer_norm_eps": 1e-12,
    "mem_len": None,
    "n_head": 12,
    "n_layer": 12,
    "reuse_len": None,
    "same_length": False,
    "start_n_top": 5,
    "summary_activation": "tanh",
    "summary_last_dropout": 0.1,
    "summary_type": "last",
    "summary_use_proj": True,
    "untie_r": True,
    "vocab_size": 32000,
}


def read(**config):
    reader = ConfigReader({"model_type": "xlnet", **config})
    arguments = XLNetBackbone.from_hf_config(reader)
    reader.finish()
    return arguments


def test_published_configuration():
    arguments = read(**PUBLISHED)
    sizes = [arguments[name] for name in ("num_layers", "num_heads", "hidden_dim")]
    assert sizes == [12, 12, 768]
    others = {"n_layer": None, "num_hidden_layers": 12, "d_model": None, "hidden_size": 768}
    assert read(**PUBLISHED | others) == arguments


@pytest.mark.parametrize(
    "config",
    [{"attn_type": "uni"}, {"clamp_len": 8}, {"d_head": 32}, {"summary_type": "first"}],
    ids=str,
)
def test_what_is_not_computed_is_refused(config):
    with pytest.raises(ValueError, match=next(iter(config))):
        read(**PUBLISHED | config)


def test_odd_size_is_refused():
    with pytest.raises(ValueError, match="even"):
        XLNetBackbone(9, 1, 1, 7, 4)


@pytest.mark.by_turns
def test_backbone_in_kerashub_s_folder(tmp_path):
    models = pytest.importorskip("keras_hub").models
    theirs = models.XLNetBackbone(11, 2, 2, 8, 12, bias_initializer="ones")
    generator = np.random.default_rng(5)
    for variable in theirs.trainable_weights:
        variable.assign(generator.normal(scale=0.5, size=variable.shape))
    theirs.save_to_preset(str(tmp_path))
    ours = Backbone.from_preset(tmp_path)
    # One row: theirs takes the masks and distances of several for those of others.
    inputs = {
        "token_ids": np.array([[1, 7, 5, 4, 8, 3]], "int32"),
        "segment_ids": np.array([[0, 0, 0, 1, 1, 2]], "int32"),
        "padding_mask": np.ones((1, 6), "int32"),
    }
    assert_close(ours(inputs), theirs(inputs))


@pytest.mark.by_turns
@pytest.mark.parametrize("side", ["left", "right"])
def test_no_answer_is_the_last_token(side):
    special = ["<cls>", "<sep>", "<mask>"]
    proto = compute_sentence_piece_proto(["who is it"], 15, special_tokens=special)
    tokenizer = XLNetTokenizer(proto)
    prepare = QuestionAnswererPreprocessor(tokenizer, 40, padding_side=side)
    reader = QuestionAnswerer(XLNetBackbone(15, 1, 1, 2, 2), prepare)._reader()
    x, y = (["who"], ["it is"]), [None]
    features, labels, _ = reader.batch(reader.windows(x, y))
    assert (features["token_ids"][0][labels[0]] == tokenizer.cls_token_id).all()
