"""Llama 1 to 3."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference, sentence_pieces
from conformance.cases.kerashub_decoder import GROUPED, KerasHubDecoder

LLAMA3 = {
    "rope_type": "llama3",
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "num_query_heads": 4,
        "hidden_dim": 16,
        "intermediate_dim": 20,
        "num_key_value_heads": 2,
        "rope_max_wavelength": 100,
        "layer_norm_epsilon": 1e-3,
        "dropout": 0.2,
        "tie_word_embeddings": True,
        "rope_scaling": LLAMA3,
        "head_dim": 6,
        "attention_bias": True,
        "feed_forward_bias": True,
        "attention_dropout": 0.3,
        "activation": "gelu_tanh",
        "max_sequence_length": 64,
    }


def _without_scaling() -> dict[str, Any]:
    return {name: x for name, x in _arguments().items() if name != "rope_scaling"}


def _reference(**config: Any) -> Any:
    sizes = {"intermediate_size": 20, "max_position_embeddings": 64, "num_key_value_heads": 2}
    return reference("LlamaForCausalLM", **{**sizes, **config})


KERASHUB_LLAMA3 = {
    "rope_frequency_adjustment_factor": 4.0,
    "rope_low_freq_factor": 1.0,
    "rope_high_freq_factor": 4.0,
    "rope_pretraining_sequence_length": 16,
}
CASES = [
    DecoderCase(
        "LlamaBackbone",
        _arguments,
        references={
            "grouped_heads": _reference(num_hidden_layers=3),
            "one_head_for_all_tied": _reference(
                num_key_value_heads=1, tie_word_embeddings=True, rms_norm_eps=1e-3
            ),
            "llama3_scaling_odd_heads_biases": _reference(
                rope_parameters={**LLAMA3, "rope_theta": 50.0},
                head_dim=6,
                attention_bias=True,
                mlp_bias=True,
            ),
            "yarn_gelu": _reference(
                rope_parameters={**YARN, "rope_theta": 50.0}, hidden_act="gelu_pytorch_tanh"
            ),
        },
        kerashub={
            "llama": KerasHubDecoder(
                "Llama", {**GROUPED, "rope_max_wavelength": 100, "layer_norm_epsilon": 1e-3}
            ),
            "llama3": KerasHubDecoder(
                "Llama3", {**GROUPED, "rope_max_wavelength": 100, **KERASHUB_LLAMA3}
            ),
        },
        tokenizers={
            "LlamaTokenizer": sentence_pieces(
                special={"start_token": "[CLS]", "end_token": "[SEP]"}
            ),
            "Llama3Tokenizer": byte_pairs(
                special={"bos_token": "[CLS]", "eos_token": "[SEP]"}, ignore_merges=False
            ),
        },
        preprocessors={
            "LlamaCausalLMPreprocessor": "LlamaTokenizer",
            "Llama3CausalLMPreprocessor": "Llama3Tokenizer",
        },
        others={
            "linear": lambda: {**_without_scaling(), "rope_position_scaling_factor": 2.0},
            "llama3": lambda: {
                **_without_scaling(),
                "rope_frequency_adjustment_factor": 4.0,
                "rope_low_freq_factor": 1.0,
                "rope_high_freq_factor": 4.0,
                "rope_pretraining_sequence_length": 16,
            },
        },
    )
]
