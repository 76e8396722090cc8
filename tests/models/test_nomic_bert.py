"""NomicBERT's checkpoints in the form in which they were published, before transformers had it."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.encoders import ENCODERS

KEYS = {
    "hidden_size": "n_embd",
    "num_hidden_layers": "n_layer",
    "num_attention_heads": "n_head",
    "intermediate_size": "n_inner",
    "max_position_embeddings": "n_positions",
    "layer_norm_eps": "layer_norm_epsilon",
}
SETTINGS = {
    "vocab_size": 11,
    "activation_function": "swiglu",
    "attn_pdrop": 0.0,
    "causal": False,
    "embd_pdrop": 0.0,
    "fused_bias_fc": True,
    "max_trained_positions": 2048,
    "mlp_fc1_bias": False,
    "model_type": "nomic_bert",
    "pad_vocab_size_multiple": 64,
    "prenorm": False,
    "qkv_proj_bias": False,
    "resid_pdrop": 0.0,
    "rotary_emb_base": 1000,
    "rotary_emb_fraction": 1.0,
    "rotary_emb_interleaved": False,
    "rotary_scaling_factor": None,
    "use_flash_attn": True,
    "use_rms_norm": False,
}
BIASES = ("cls.predictions.transform.dense.bias", "cls.predictions.bias")


@pytest.fixture
def published(tmp_path):
    """Two folders with the same weights: of transformers, and as they were published."""
    import torch

    [family] = [case for case in ENCODERS if case.name == "NomicBertBackbone"]
    model = family.heads["MaskedLM"]()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in BIASES:
                parameter.zero_()
    model.config.hidden_act = "silu"
    usual, old = tmp_path / "usual", tmp_path / "old"
    model.save_pretrained(usual)
    old.mkdir()
    config = json.loads((usual / "config.json").read_text())
    renamed = {name: config[key] for key, name in KEYS.items()}
    (old / "config.json").write_text(json.dumps({**renamed, **SETTINGS}))
    tensors = {
        name.replace("nomic_bert.", "bert."): tensor
        for name, tensor in load_file(usual / "model.safetensors").items()
        if name not in BIASES
    }
    save_file(tensors, old / "model.safetensors")
    return usual, old


@pytest.mark.by_turns
def test_published_checkpoint(published, recwarn):
    ids = np.array([[3, 4, 5, 6]], "int32")
    masks = np.array([[1, 3]], "int32")
    inputs = {"token_ids": ids, "padding_mask": ids > 0, "mask_positions": masks}
    usual, old = (
        nlpkit.models.MaskedLM.from_preset(folder, preprocessor=None).predict_on_batch(inputs)
        for folder in published
    )
    assert not [str(warning.message) for warning in recwarn if "bias" in str(warning.message)]
    assert_close(old, usual, tolerance=1e-6)


@pytest.mark.by_turns
@pytest.mark.parametrize("change", [{"prenorm": True}, {"rotary_scaling_factor": 2}], ids=str)
def test_what_is_not_computed_is_refused(published, change):
    _, old = published
    (old / "config.json").write_text(json.dumps({**SETTINGS, **change}))
    with pytest.raises(ValueError, match=next(iter(change))):
        nlpkit.models.Backbone.from_preset(old)
