"""GPT-OSS."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference
from conformance.cases.kerashub_decoder import GROUPED, LINEAR, KerasHubDecoder

WINDOW, FULL = "sliding_attention", "full_attention"
YARN = {
    "rope_type": "yarn",
    "factor": 4.0,
    "original_max_position_embeddings": 16,
    "truncate": False,
}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 3,
        "num_query_heads": 4,
        "hidden_dim": 16,
        "intermediate_dim": 12,
        "num_key_value_heads": 2,
        "num_experts": 5,
        "top_k": 3,
        "rope_max_wavelength": 100,
        "layer_norm_epsilon": 1e-3,
        "sliding_window": 4,
        "head_dim": 6,
        "dropout": 0.3,
        "output_router_logits": True,
        "router_aux_loss_coefficient": 0.1,
        "layer_types": [FULL, WINDOW, WINDOW],
        "rope_scaling": YARN,
        "attention_bias": False,
        "swiglu_limit": 5.0,
        "swiglu_alpha": 1.5,
        "tie_word_embeddings": True,
        "max_sequence_length": 64,
    }


def _reference(**config: Any) -> Any:
    sizes = {
        "intermediate_size": 12,
        "max_position_embeddings": 64,
        "num_key_value_heads": 2,
        "head_dim": 6,
        "num_local_experts": 5,
        "num_experts_per_tok": 2,
        "sliding_window": 4,
    }
    return reference("GptOssForCausalLM", **{**sizes, **config})


CASES = [
    DecoderCase(
        "GptOssBackbone",
        _arguments,
        references={
            "yarn_clamped": _reference(
                num_hidden_layers=3,
                swiglu_limit=0.5,
                rope_parameters={**YARN, "rope_theta": 50.0},
            ),
            "plain_positions_tied_one_expert": _reference(
                rope_parameters={"rope_type": "default", "rope_theta": 100.0},
                tie_word_embeddings=True,
                attention_bias=False,
                num_experts_per_tok=1,
            ),
            "one_head_for_all_every_expert": _reference(
                num_key_value_heads=1, layer_types=[FULL, WINDOW], num_experts_per_tok=5
            ),
        },
        kerashub={
            "gpt_oss": KerasHubDecoder(
                "GptOss", {**GROUPED, **LINEAR, "num_experts": 3, "head_dim": 6}
            ),
        },
        tokenizers={
            "GptOssTokenizer": byte_pairs(special={"end_token": "[SEP]"}, split_pattern="llama3")
        },
        others={
            "factor": lambda: {
                **{name: x for name, x in _arguments().items() if name != "rope_scaling"},
                "rope_scaling_factor": 4.0,
            }
        },
    )
]
