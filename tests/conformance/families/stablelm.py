"""StableLM."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference

LINEAR = {"rope_type": "linear", "factor": 2.5}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "num_query_heads": 2,
        "hidden_dim": 16,
        "intermediate_dim": 20,
        "num_key_value_heads": 1,
        "rope_max_wavelength": 100,
        "partial_rotary_factor": 0.5,
        "layer_norm_epsilon": 1e-3,
        "use_qkv_bias": True,
        "parallel": True,
        "dropout": 0.2,
        "attention_dropout": 0.3,
        "activation": "gelu_tanh",
        "tie_word_embeddings": True,
        "rope_scaling": LINEAR,
        "head_dim": 12,
        "max_sequence_length": 64,
    }


def _reference(**config: Any) -> Any:
    sizes = {"intermediate_size": 20, "max_position_embeddings": 64, "num_key_value_heads": 4}
    return reference("StableLmForCausalLM", **{**sizes, "hidden_size": 32, **config})


CASES = [
    DecoderCase(
        "StableLMBackbone",
        _arguments,
        references={
            "quarter_of_heads": _reference(num_hidden_layers=3),
            "parallel_biases_tied": _reference(
                num_key_value_heads=2,
                use_parallel_residual=True,
                use_qkv_bias=True,
                tie_word_embeddings=True,
                layer_norm_eps=1e-3,
            ),
            "one_head_for_all_linear": _reference(
                num_key_value_heads=1,
                hidden_act="gelu_pytorch_tanh",
                rope_parameters={**LINEAR, "rope_theta": 100.0, "partial_rotary_factor": 0.75},
            ),
        },
        tokenizers={"StableLMTokenizer": byte_pairs(special={"end_token": "[SEP]"})},
    )
]
