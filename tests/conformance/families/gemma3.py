"""Gemma 3's text models."""

from typing import Any

from conformance.cases.decoder import DecoderCase, reference, sentence_pieces
from conformance.cases.kerashub_decoder import GEMMA2, GROUPED, KerasHubDecoder

WINDOW, FULL = "sliding_attention", "full_attention"
LINEAR = {"rope_type": "linear", "factor": 8.0}
DEFAULT = {"rope_type": "default"}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "image_size": 8,
        "num_layers": 3,
        "num_query_heads": 4,
        "num_key_value_heads": 2,
        "hidden_dim": 16,
        "intermediate_dim": 20,
        "head_dim": 6,
        "query_head_dim_normalize": False,
        "use_post_ffw_norm": True,
        "use_post_attention_norm": True,
        "final_logit_soft_cap": 3.0,
        "use_sliding_window_attention": True,
        "sliding_window_size": 4,
        "layer_norm_epsilon": 1e-3,
        "dropout": 0.2,
        "query_pre_attn_scalar": 10,
        "layer_types": [FULL, WINDOW, WINDOW],
        "rope_max_wavelength": 1000,
        "local_rope_max_wavelength": 100,
        "rope_scaling": LINEAR,
        "local_rope_scaling": {"rope_type": "linear", "factor": 2.0},
        "attention_bias": True,
        "attention_dropout": 0.3,
        "activation": "silu",
        "tie_word_embeddings": False,
        "max_sequence_length": 64,
    }


def _factors() -> dict[str, Any]:
    """What Hugging Face's class does not have, and KerasHub's scalings."""
    without = {n: x for n, x in _arguments().items() if not n.endswith("rope_scaling")}
    return {
        **without,
        "use_query_key_norm": False,
        "attention_logit_soft_cap": 2.0,
        "local_rope_scaling_factor": 2.0,
        "global_rope_scaling_factor": 8.0,
    }


def _reference(**config: Any) -> Any:
    sizes = {
        "intermediate_size": 20,
        "max_position_embeddings": 64,
        "num_key_value_heads": 2,
        "head_dim": 6,
        "query_pre_attn_scalar": 10,
        "sliding_window": 4,
    }
    return reference("Gemma3ForCausalLM", **{**sizes, **config})


def _kerashub(**arguments: Any) -> KerasHubDecoder:
    return KerasHubDecoder(
        "Gemma3",
        {**GROUPED, "head_dim": 6, "image_size": None, "vision_encoder": None, **arguments},
        tokenizer={"has_vision_tokens": False},
        preprocessor={"image_converter": None},
    )


CASES = [
    DecoderCase(
        "Gemma3Backbone",
        _arguments,
        references={
            "five_windows_of_seven_layers": _reference(num_hidden_layers=7),
            "one_head_for_all_scaled_cap": _reference(
                num_key_value_heads=1,
                layer_types=[FULL, WINDOW],
                final_logit_softcapping=3.0,
                rope_parameters={
                    FULL: {**LINEAR, "rope_theta": 1000.0},
                    WINDOW: {**DEFAULT, "rope_theta": 50.0},
                },
            ),
            "scaled_windows_untied_biases": _reference(
                layer_types=[WINDOW, FULL],
                tie_word_embeddings=False,
                attention_bias=True,
                rope_parameters={
                    FULL: {**DEFAULT, "rope_theta": 1000.0},
                    WINDOW: {**LINEAR, "rope_theta": 50.0},
                },
            ),
        },
        kerashub={
            "gemma3": _kerashub(**GEMMA2, num_layers=7, global_rope_scaling_factor=2.0),
            "gemma3_plain": _kerashub(use_query_key_norm=False),
        },
        tokenizers={
            "Gemma3Tokenizer": sentence_pieces(
                special={"start_token": "[CLS]", "end_token": "[SEP]", "pad_token": "[PAD]"}
            )
        },
        others={
            "factors": _factors,
            "encoder": lambda: {**_arguments(), "use_bidirectional_attention": True},
        },
    )
]
