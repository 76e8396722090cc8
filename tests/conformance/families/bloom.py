"""BLOOM."""

from typing import Any

from conformance.cases.decoder import DecoderCase, byte_pairs, reference
from conformance.cases.kerashub_decoder import PLAIN, KerasHubDecoder


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 2,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 32,
        "dropout": 0.2,
        "layer_norm_epsilon": 1e-3,
        "attention_dropout": 0.3,
    }


CASES = [
    DecoderCase(
        "BloomBackbone",
        _arguments,
        references={
            "heads_no_power_of_two": reference(
                "BloomForCausalLM", num_attention_heads=7, hidden_size=14, num_hidden_layers=3
            ),
            "one_head": reference("BloomForCausalLM", num_attention_heads=1, hidden_size=9),
            "many_heads": reference(
                "BloomForCausalLM", num_attention_heads=16, layer_norm_epsilon=1e-3
            ),
        },
        kerashub={
            "bloom": KerasHubDecoder(
                "Bloom", {**PLAIN, "intermediate_dim": 64, "layer_norm_epsilon": 1e-3}
            ),
        },
        tokenizers={
            "BloomTokenizer": byte_pairs(
                special={"start_token": "[CLS]", "end_token": "[SEP]", "pad_token": "[PAD]"}
            )
        },
    )
]
