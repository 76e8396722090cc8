"""Every key of the tables of config.json's keys, in every family's reader."""

import pytest

from nlpkit.presets.layouts.config_keys import INERT, INERT_AT, REFUSED
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.registry import subclasses_of

SIZES = {
    "vocab_size": 31,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
WITHOUT_INTERMEDIATE_SIZE = (
    *(
        "bart",
        "bloom",
        "distilbert",
        "falcon",
        "gpt2",
        "marian",
        "mbart",
        "mt5",
        "opt",
        "pegasus",
        "t5",
        "umt5",
    ),
    *("whisper", "xlnet"),
)
FAMILIES = {
    name: cls
    for cls in subclasses_of(object)
    if getattr(cls, "preset_kind", "") == "backbone" and hasattr(cls, "from_hf_config")
    for name in getattr(cls, "hf_model_types", ())
}
# What repositories publish, and tools write, beyond what the family's class in transformers has.
PUBLISHED = {
    "multilingual BERT": (
        "bert",
        {
            "directionality": "bidi",
            "pooler_fc_size": 768,
            "pooler_num_attention_heads": 12,
            "pooler_num_fc_layers": 3,
            "pooler_size_per_head": 128,
            "pooler_type": "first_token_transform",
            "output_past": True,
            "_num_labels": 5,
        },
    ),
    "cross-encoder of old": (
        "bert",
        {"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"},
    ),
    "cross-encoder": (
        "bert",
        {"sentence_transformers": {"activation_fn": "torch.nn.modules.activation.Sigmoid"}},
    ),
    "BERT with adapters": ("bert", {"adapters": {"adapters": {}, "config_map": {}}}),
    "BERT of transformers 2": ("bert", {"eos_token_ids": 0, "xla_device": True}),
    "DistilBERT": (
        "distilbert",
        {"qa_dropout": 0.1, "seq_classif_dropout": 0.2, "tie_weights_": True},
    ),
    "GPT-2": ("gpt2", {"n_special": 0, "predict_special_tokens": True, "n_ctx": 1024}),
    "GPT-2 with a classifier": ("gpt2", {"summary_type": "cls_index", "_num_labels": 1}),
    "SmolLM2": ("llama", {"is_llama_config": True, "rope_interleaved": False}),
    "Falcon 3": ("llama", {"activation": "swiglu", "mlp_bias": False}),
    "a Llama of unsloth": ("llama", {"unsloth_version": "2024.11.7", "unsloth_fixed": True}),
    "a Llama of trl": ("llama", {"neftune_noise_alpha": 5, "max_seq_length": 4096}),
    "a Qwen as a Llama": (
        "llama",
        {"sliding_window": 4096, "use_sliding_window": False, "max_window_layers": 21},
    ),
    "a Llama with code": (
        "llama",
        {"auto_map": {"AutoConfig": "configuration.Config"}, "_attn_implementation": "sdpa"},
    ),
    "Mixtral": ("mixtral", {"attention_bias": False, "pretraining_tp": 1, "world_size": 8}),
    "Gemma 2": ("gemma2", {"cache_implementation": "hybrid", "_attn_implementation": "eager"}),
    "Qwen 2.5": ("qwen2", {"use_mrope": False, "_attn_implementation_autoset": True}),
    "Qwen 3 MoE": ("qwen3_moe", {"output_router_logits": False, "max_window_layers": 48}),
    "Phi-4-mini": ("phi3", {"full_attn_mod": 1, "interpolate_factor": 1, "lm_head_bias": False}),
    "Pythia": ("gpt_neox", {"attn_implementation": "sdpa", "layer_types": ["full_attention"]}),
    "StableLM 2": ("stablelm", {"rotary_scaling_factor": 1.0}),
}


def read(family, **further):
    """What the family makes of its configuration, and the keys that it read."""
    wide = {} if family in WITHOUT_INTERMEDIATE_SIZE else {"intermediate_size": 20}
    reader = ConfigReader({"model_type": family, **SIZES, **wide, **further})
    arguments = FAMILIES[family].from_hf_config(reader)
    reader.finish()
    return arguments, reader._read


def unread(family, keys):
    _, own = read(family)
    return [name for name in keys if name not in own]


def refusal(family, **further):
    with pytest.raises(ValueError, match="has keys that nlpkit does not know") as raised:
        read(family, **further)
    return str(raised.value)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_key_of_the_tables_is_inert_or_refused_by_name(family):
    plain, _ = read(family)
    inert = unread(family, INERT)
    assert len(inert) > 150
    assert read(family, **dict.fromkeys(inert, "odd"))[0] == plain
    for name in unread(family, INERT_AT):
        for value in INERT_AT[name]:
            assert read(family, **{name: value})[0] == plain
        assert f"{name}='odd'" in refusal(family, **{name: "odd"})
    for name in unread(family, REFUSED):
        if (family, name) == ("gpt_oss", "quantization_config"):
            continue  # Read where it is, see test_gpt_oss_mxfp4.py.
        assert f"{name}={{'odd': 1}} ({REFUSED[name]})" in refusal(family, **{name: {"odd": 1}})
    assert "unheard_of=1." in refusal(family, unheard_of=1)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_keys_are_read_and_change_nothing(name):
    family, keys = PUBLISHED[name]
    assert read(family, **keys)[0] == read(family)[0]


def test_no_key_is_in_a_table_that_contradicts_another():
    assert not INERT & (INERT_AT.keys() | REFUSED.keys())
    assert not INERT & {"hidden_act", "tie_word_embeddings", "rope_theta", "rms_norm_eps"}


def test_other_names_that_transformers_takes_are_the_same():
    sizes = {"n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 64}
    named = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 64,
    }
    assert read("gpt2", **sizes, **named) == read("gpt2", **named)
    assert read("mixtral", num_experts=3)[0]["num_experts"] == 3
    with pytest.raises(ValueError, match="num_experts=128 and num_local_experts=64"):
        read("qwen3_moe", num_experts=128, num_local_experts=64)
