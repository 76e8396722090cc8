"""GPT-NeoX and Pythia."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference
from conformance.cases.kerashub_decoder import PLAIN, KerasHubDecoder

LINEAR = {"rope_type": "linear", "factor": 3.0}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "num_heads": 2,
        "hidden_dim": 16,
        "intermediate_dim": 20,
        "dropout": 0.2,
        "rotary_percentage": 0.5,
        "rotary_max_wavelength": 100,
        "layer_norm_epsilon": 1e-3,
        "max_sequence_length": 64,
        "activation": "silu",
        "attention_dropout": 0.3,
        "attention_bias": False,
        "parallel_residual": False,
        "tie_word_embeddings": True,
        "rope_scaling": LINEAR,
    }


def _reference(**config: Any) -> Any:
    sizes = {"intermediate_size": 20, "max_position_embeddings": 64}
    return reference("GPTNeoXForCausalLM", **{**sizes, **config})


CASES = [
    DecoderCase(
        "GPTNeoXBackbone",
        _arguments,
        references={
            "a_part_is_rotated": _reference(
                num_hidden_layers=3, hidden_size=24, num_attention_heads=3
            ),
            "one_half_after_the_other": _reference(
                use_parallel_residual=False,
                hidden_act="gelu_fast",
                rope_parameters={
                    "rope_type": "default",
                    "rope_theta": 50.0,
                    "partial_rotary_factor": 0.5,
                },
            ),
            "nothing_is_rotated": _reference(
                rope_parameters={
                    "rope_type": "default",
                    "rope_theta": 50.0,
                    "partial_rotary_factor": 0.2,
                },
            ),
            "scaled_rope_tied_no_biases": _reference(
                rope_parameters={**LINEAR, "rope_theta": 50.0, "partial_rotary_factor": 1.0},
                attention_bias=False,
                tie_word_embeddings=True,
                layer_norm_eps=1e-3,
            ),
        },
        kerashub={
            "gpt_neo_x": KerasHubDecoder(
                "GPTNeoX",
                {
                    **PLAIN,
                    "max_sequence_length": 16,
                    "rotary_percentage": 0.5,
                    "rotary_max_wavelength": 100,
                },
            ),
        },
        tokenizers={
            "GPTNeoXTokenizer": byte_pairs(special={"start_token": "[CLS]", "end_token": "[SEP]"})
        },
    )
]
