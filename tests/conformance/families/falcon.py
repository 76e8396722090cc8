"""Falcon, of all kinds."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference
from conformance.cases.kerashub_decoder import SIZES, KerasHubDecoder

LINEAR = {"rope_type": "linear", "factor": 3.0}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 2,
        "num_attention_heads": 4,
        "hidden_dim": 16,
        "intermediate_dim": 20,
        "layer_norm_epsilon": 1e-3,
        "attention_dropout_rate": 0.2,
        "feedforward_dropout_rate": 0.3,
        "num_key_value_heads": 2,
        "alibi": False,
        "parallel_norms": 2,
        "use_bias": False,
        "activation": "gelu_tanh",
        "max_sequence_length": 64,
        "rope_max_wavelength": 100,
        "rope_scaling": LINEAR,
        "tie_word_embeddings": False,
    }


def _one_after_the_other() -> dict[str, Any]:
    return {**_arguments(), "parallel_norms": 0, "num_key_value_heads": None, "alibi": True}


def _one_norm() -> dict[str, Any]:
    return {**_arguments(), "parallel_norms": 1, "num_key_value_heads": 1, "use_bias": True}


def _reference(**config: Any) -> Any:
    return reference("FalconForCausalLM", **{"max_position_embeddings": 64, **config})


CASES = [
    DecoderCase(
        "FalconBackbone",
        _arguments,
        references={
            "rw_with_heads_no_power_of_two": _reference(
                hidden_size=18,
                num_attention_heads=6,
                alibi=True,
                bias=True,
                multi_query=False,
                parallel_attn=False,
            ),
            "7b_with_one_head_for_all": _reference(num_hidden_layers=3),
            "40b_with_groups_and_two_norms": _reference(
                hidden_size=24,
                num_attention_heads=6,
                num_kv_heads=2,
                new_decoder_architecture=True,
                ffn_hidden_size=20,
                rope_parameters={**LINEAR, "rope_theta": 50.0},
            ),
            "falcon_2_with_one_norm_untied": _reference(
                num_kv_heads=2,
                new_decoder_architecture=True,
                num_ln_in_parallel_attn=1,
                bias=True,
                activation="gelu_new",
                tie_word_embeddings=False,
            ),
        },
        kerashub={
            "falcon": KerasHubDecoder(
                "Falcon", {**SIZES, "intermediate_dim": 64, "num_attention_heads": 4}
            ),
        },
        tokenizers={
            "FalconTokenizer": byte_pairs(special={"start_token": "[CLS]", "end_token": "[SEP]"})
        },
        others={"one_after_the_other": _one_after_the_other, "one_norm": _one_norm},
    )
]
