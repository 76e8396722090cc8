"""What the config.json files of published decoders say, as far as it matters, is understood."""

import pytest

from nlpkit.models.bloom import BloomBackbone
from nlpkit.models.falcon import FalconBackbone
from nlpkit.models.gpt2 import GPT2Backbone
from nlpkit.models.gpt_neo_x import GPTNeoXBackbone
from nlpkit.models.gpt_oss import GptOssBackbone
from nlpkit.models.opt import OPTBackbone
from nlpkit.presets.layouts.config_reader import ConfigReader

GPT2 = {
    "activation_function": "gelu_new",
    "architectures": ["GPT2LMHeadModel"],
    "attn_pdrop": 0.1,
    "bos_token_id": 50256,
    "embd_pdrop": 0.1,
    "eos_token_id": 50256,
    "initializer_range": 0.02,
    "layer_norm_epsilon": 1e-05,
    "model_type": "gpt2",
    "n_ctx": 1024,
    "n_embd": 1600,
    "n_head": 25,
    "n_layer": 48,
    "n_positions": 1024,
    "output_past": True,
    "resid_pdrop": 0.1,
    "summary_activation": None,
    "summary_first_dropout": 0.1,
    "summary_proj_to_labels": True,
    "summary_type": "cls_index",
    "summary_use_proj": True,
    "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}},
    "vocab_size": 50257,
}
PYTHIA = {
    "architectures": ["GPTNeoXForCausalLM"],
    "bos_token_id": 0,
    "eos_token_id": 0,
    "hidden_act": "gelu",
    "hidden_size": 512,
    "initializer_range": 0.02,
    "intermediate_size": 2048,
    "layer_norm_eps": 1e-05,
    "max_position_embeddings": 2048,
    "model_type": "gpt_neox",
    "num_attention_heads": 8,
    "num_hidden_layers": 6,
    "rotary_emb_base": 10000,
    "rotary_pct": 0.25,
    "tie_word_embeddings": False,
    "torch_dtype": "float16",
    "transformers_version": "4.24.0",
    "use_cache": True,
    "use_parallel_residual": True,
    "vocab_size": 50304,
}
BLOOM = {
    "apply_residual_connection_post_layernorm": False,
    "attention_dropout": 0.0,
    "architectures": ["BloomForCausalLM"],
    "attention_softmax_in_fp32": True,
    "bias_dropout_fusion": True,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 3,
    "unk_token_id": 0,
    "hidden_dropout": 0.0,
    "initializer_range": 0.02,
    "layer_norm_epsilon": 1e-05,
    "masked_softmax_fusion": True,
    "model_type": "bloom",
    "n_embed": 1024,
    "n_inner": None,
    "n_layer": 24,
    "num_attention_heads": 16,
    "offset_alibi": 100,
    "pretraining_tp": 1,
    "skip_bias_add": True,
    "skip_bias_add_qkv": False,
    "slow_but_exact": False,
    "seq_length": 2048,
    "use_cache": True,
    "vocab_size": 250880,
}
OPT = {
    "activation_dropout": 0.0,
    "activation_function": "relu",
    "architectures": ["OPTForCausalLM"],
    "attention_dropout": 0.0,
    "bos_token_id": 2,
    "do_layer_norm_before": False,
    "dropout": 0.1,
    "eos_token_id": 2,
    "ffn_dim": 4096,
    "hidden_size": 1024,
    "init_std": 0.02,
    "layerdrop": 0.0,
    "max_position_embeddings": 2048,
    "model_type": "opt",
    "num_attention_heads": 16,
    "num_hidden_layers": 24,
    "pad_token_id": 1,
    "prefix": "</s>",
    "use_cache": True,
    "vocab_size": 50272,
    "word_embed_proj_dim": 512,
}
FALCON_RW = {
    "alibi": True,
    "apply_residual_connection_post_layernorm": False,
    "architectures": ["FalconForCausalLM"],
    "attention_dropout": 0.0,
    "auto_map": {"AutoConfig": "configuration_falcon.FalconConfig"},
    "bias": True,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "hidden_dropout": 0.0,
    "hidden_size": 2048,
    "initializer_range": 0.02,
    "layer_norm_epsilon": 1e-05,
    "model_type": "falcon",
    "multi_query": False,
    "new_decoder_architecture": False,
    "num_attention_heads": 32,
    "num_hidden_layers": 24,
    "parallel_attn": False,
    "vocab_size": 50304,
}
FALCON_40B = FALCON_RW | {
    "alibi": False,
    "bias": False,
    "hidden_size": 8192,
    "multi_query": True,
    "new_decoder_architecture": True,
    "num_attention_heads": 128,
    "num_hidden_layers": 60,
    "num_kv_heads": 8,
    "parallel_attn": True,
    "vocab_size": 65024,
}
FALCON_7B = FALCON_40B | {
    "hidden_size": 4544,
    "new_decoder_architecture": False,
    "num_attention_heads": 71,
    "num_kv_heads": 71,
}
FALCON_11B = FALCON_40B | {
    "hidden_size": 4096,
    "ffn_hidden_size": 16384,
    "num_attention_heads": 32,
    "num_ln_in_parallel_attn": 1,
    "rope_theta": 500042.0,
    "rope_scaling": None,
    "tie_word_embeddings": False,
}
GPT_OSS = {
    "architectures": ["GptOssForCausalLM"],
    "attention_bias": True,
    "eos_token_id": 200002,
    "experts_per_token": 4,
    "head_dim": 64,
    "hidden_act": "silu",
    "hidden_size": 2880,
    "initial_context_length": 4096,
    "intermediate_size": 2880,
    "layer_types": ["sliding_attention", "full_attention"] * 12,
    "max_position_embeddings": 131072,
    "model_type": "gpt_oss",
    "num_attention_heads": 64,
    "num_experts_per_tok": 4,
    "num_hidden_layers": 24,
    "num_key_value_heads": 8,
    "num_local_experts": 32,
    "output_router_logits": False,
    "pad_token_id": 199999,
    "quantization_config": {
        "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router"],
        "quant_method": "mxfp4",
    },
    "rms_norm_eps": 1e-05,
    "rope_scaling": {
        "beta_fast": 32.0,
        "beta_slow": 1.0,
        "factor": 32.0,
        "original_max_position_embeddings": 4096,
        "rope_type": "yarn",
        "truncate": False,
    },
    "rope_theta": 150000,
    "router_aux_loss_coef": 0.9,
    "sliding_window": 128,
    "swiglu_limit": 7.0,
    "use_cache": True,
    "vocab_size": 201088,
}
READ = {
    "GPT-2 XL": (GPT2Backbone, GPT2, {"num_heads": 25, "intermediate_dim": 6400}),
    "Pythia 70M": (
        GPTNeoXBackbone,
        PYTHIA,
        {"rotary_percentage": 0.25, "activation": "gelu", "tie_word_embeddings": False},
    ),
    "BLOOM 560M": (
        BloomBackbone,
        BLOOM,
        {"hidden_dim": 1024, "num_heads": 16, "num_layers": 24, "intermediate_dim": 4096},
    ),
    "GPT-OSS 20B": (
        GptOssBackbone,
        GPT_OSS,
        {"num_experts": 32, "top_k": 4, "head_dim": 64, "rope_max_wavelength": 150000},
    ),
    "OPT 350M": (OPTBackbone, OPT, {"embedding_dim": 512, "normalize_first": False}),
    "Falcon-RW": (
        FalconBackbone,
        FALCON_RW,
        {"alibi": True, "num_key_value_heads": 32, "parallel_norms": 0, "intermediate_dim": 8192},
    ),
    "Falcon 7B": (FalconBackbone, FALCON_7B, {"num_key_value_heads": 1, "parallel_norms": 1}),
    "Falcon 40B": (FalconBackbone, FALCON_40B, {"num_key_value_heads": 8, "parallel_norms": 2}),
    "Falcon 2": (
        FalconBackbone,
        FALCON_11B,
        {"parallel_norms": 1, "rope_max_wavelength": 500042.0, "tie_word_embeddings": False},
    ),
}


def read(cls, config):
    reader = ConfigReader(config)
    arguments = cls.from_hf_config(reader)
    reader.finish()
    return arguments


@pytest.mark.parametrize("name", READ)
def test_published_config_is_read_in_full(name):
    cls, config, expected = READ[name]
    arguments = read(cls, config)
    assert {key: arguments[key] for key in expected} == expected


REFUSED = {
    "scale by layer": (GPT2Backbone, GPT2 | {"scale_attn_by_inverse_layer_idx": True}, "inverse"),
    "activation": (GPT2Backbone, GPT2 | {"activation_function": "mish"}, "activation_function='mi"),
    "untied": (GPT2Backbone, GPT2 | {"tie_word_embeddings": False}, "tie_word_embeddings"),
    "cross-attention": (GPT2Backbone, GPT2 | {"add_cross_attention": True}, "add_cross_attention"),
    "dynamic rope": (
        GPTNeoXBackbone,
        PYTHIA | {"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}},
        "dynamic",
    ),
    "wide": (BloomBackbone, BLOOM | {"n_inner": 100}, "n_inner=100 .* supported: 4096"),
    "residual": (
        BloomBackbone,
        BLOOM | {"apply_residual_connection_post_layernorm": True},
        "apply_residual_connection_post_layernorm",
    ),
    "plain norms": (
        OPTBackbone,
        OPT | {"layer_norm_elementwise_affine": False},
        "layer_norm_elementwise_affine",
    ),
    "no final norm": (OPTBackbone, OPT | {"_remove_final_layer_norm": True}, "_remove_final"),
    "one after the other": (FalconBackbone, FALCON_40B | {"parallel_attn": False}, "parallel_attn"),
    "two norms of old": (FalconBackbone, FALCON_7B | {"num_ln_in_parallel_attn": 2}, "num_ln_in"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_supported_is_refused_by_name(name):
    cls, config, named = REFUSED[name]
    with pytest.raises(ValueError, match=named):
        read(cls, config)


def test_sizes_that_transformers_cannot_express_are_refused():
    sizes = {"vocabulary_size": 8, "num_layers": 1, "hidden_dim": 8, "intermediate_dim": 9}
    with pytest.raises(ValueError, match="intermediate_dim = 4"):
        BloomBackbone(num_heads=2, **sizes).to_hf_config()
    with pytest.raises(ValueError, match="num_key_value_heads=2 only with parallel_norms"):
        FalconBackbone(num_attention_heads=4, num_key_value_heads=2, **sizes).to_hf_config()


@pytest.mark.parametrize("cls", [GPT2Backbone, GPTNeoXBackbone, BloomBackbone, OPTBackbone])
def test_heads_must_divide_the_width(cls):
    sizes = {"vocabulary_size": 8, "num_layers": 1, "hidden_dim": 8, "intermediate_dim": 32}
    with pytest.raises(ValueError, match="num_heads must divide hidden_dim; got num_heads=3"):
        cls(num_heads=3, **sizes)
