"""Gemma, Gemma 2 and VaultGemma."""

from typing import Any

from conformance.cases.decoder import DecoderCase, reference, sentence_pieces
from conformance.cases.kerashub_decoder import GEMMA2, GROUPED, KerasHubDecoder

WINDOW, FULL = "sliding_attention", "full_attention"
LINEAR = {"rope_type": "linear", "factor": 2.5}
CAPS = {"attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0}
NO_CAPS = dict.fromkeys(CAPS)


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 3,
        "num_query_heads": 4,
        "num_key_value_heads": 2,
        "hidden_dim": 16,
        "intermediate_dim": 40,
        "head_dim": 6,
        "query_head_dim_normalize": False,
        "use_post_ffw_norm": True,
        "use_post_attention_norm": True,
        "attention_logit_soft_cap": 2.0,
        "final_logit_soft_cap": 3.0,
        "use_sliding_window_attention": True,
        "sliding_window_size": 4,
        "layer_norm_epsilon": 1e-3,
        "dropout": 0.2,
        "query_pre_attn_scalar": 10,
        "layer_types": [FULL, WINDOW, WINDOW],
        "rope_max_wavelength": 100,
        "rope_scaling": LINEAR,
        "attention_bias": True,
        "attention_dropout": 0.3,
        "activation": "silu",
        "tie_word_embeddings": False,
        "max_sequence_length": 64,
    }


def _reference(architecture: str, **config: Any) -> Any:
    sizes = {
        "intermediate_size": 20,
        "max_position_embeddings": 64,
        "num_key_value_heads": 2,
        "num_hidden_layers": 3,
        "head_dim": 6,
    }
    return reference(f"{architecture}ForCausalLM", **{**sizes, **config})


def _later(architecture: str, **config: Any) -> Any:
    later = {"query_pre_attn_scalar": 10, "sliding_window": 4, **CAPS}
    return _reference(architecture, **{**later, **config})


CASES = [
    DecoderCase(
        "GemmaBackbone",
        _arguments,
        references={
            "first_grouped_heads": _reference("Gemma"),
            "first_one_head_for_all_untied_biases": _reference(
                "Gemma", num_key_value_heads=1, tie_word_embeddings=False, attention_bias=True
            ),
            "first_linear": _reference(
                "Gemma", rope_parameters={**LINEAR, "rope_theta": 100.0}, rms_norm_eps=1e-3
            ),
            "second_windows_and_caps": _later("Gemma2"),
            "second_without_caps": _later("Gemma2", layer_types=[FULL, WINDOW, WINDOW], **NO_CAPS),
            "second_no_window_untied_biases": _later(
                "Gemma2",
                layer_types=[FULL] * 3,
                num_key_value_heads=4,
                tie_word_embeddings=False,
                attention_bias=True,
            ),
            "vault": _later("VaultGemma", head_dim=10),
        },
        kerashub={
            "gemma": KerasHubDecoder("Gemma", {**GROUPED, "head_dim": 6}),
            "gemma2": KerasHubDecoder("Gemma", {**GROUPED, "head_dim": 6, **GEMMA2}),
        },
        tokenizers={
            "GemmaTokenizer": sentence_pieces(
                special={"start_token": "[CLS]", "end_token": "[SEP]", "pad_token": "[PAD]"}
            )
        },
        others={
            "first": lambda: {
                **{name: x for name, x in _arguments().items() if name.endswith("_dim")},
                "vocabulary_size": 11,
                "num_layers": 1,
                "num_query_heads": 4,
                "num_key_value_heads": 1,
            },
            "one_post_norm": lambda: {**_arguments(), "use_post_attention_norm": False},
        },
    )
]
