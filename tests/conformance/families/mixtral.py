"""Mixtral."""

from typing import Any

from conformance.cases.decoder import DecoderCase, reference, sentence_pieces
from conformance.cases.kerashub_decoder import GROUPED, LINEAR, KerasHubDecoder

YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "num_query_heads": 4,
        "num_key_value_heads": 2,
        "hidden_dim": 16,
        "intermediate_dim": 20,
        "rope_max_wavelength": 100,
        "layer_norm_epsilon": 1e-3,
        "dropout": 0.2,
        "rope_scaling": YARN,
        "head_dim": 6,
        "attention_dropout": 0.3,
        "activation": "gelu_tanh",
        "max_sequence_length": 64,
        "num_experts": 4,
        "top_k": 3,
        "router_jitter_noise": 0.01,
        "router_aux_loss_coef": 0.03,
        "sliding_window": 3,
        "tie_word_embeddings": True,
    }


def _linear() -> dict[str, Any]:
    arguments = {name: x for name, x in _arguments().items() if name != "rope_scaling"}
    return {**arguments, "rope_scaling_factor": 2.0}


def _reference(**config: Any) -> Any:
    sizes = {
        "intermediate_size": 20,
        "max_position_embeddings": 64,
        "num_key_value_heads": 2,
        "num_local_experts": 5,
    }
    return reference("MixtralForCausalLM", **{**sizes, **config})


CASES = [
    DecoderCase(
        "MixtralBackbone",
        _arguments,
        references={
            "two_of_five": _reference(num_hidden_layers=3),
            "window_odd_heads_one_expert": _reference(
                sliding_window=4, head_dim=6, num_experts_per_tok=1
            ),
            "yarn_tied": _reference(
                rope_parameters={**YARN, "rope_theta": 50.0}, head_dim=4, tie_word_embeddings=True
            ),
        },
        kerashub={
            "mixtral": KerasHubDecoder(
                "Mixtral", {**GROUPED, **LINEAR, "num_experts": 3, "top_k": 2, "sliding_window": 3}
            ),
        },
        tokenizers={
            "MixtralTokenizer": sentence_pieces(
                special={"start_token": "[CLS]", "end_token": "[SEP]"}
            ),
        },
        others={"linear": _linear},
    )
]
