"""The names that KerasHub's Llama has for scaled rotary positions."""

import pytest

from nlpkit.models import LlamaBackbone

LLAMA3 = {
    "rope_type": "llama3",
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}


def test_scalings_of_kerashub_are_the_same():
    sizes = {
        "vocabulary_size": 9,
        "num_layers": 1,
        "num_query_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 8,
        "num_key_value_heads": 1,
    }
    named = LlamaBackbone(
        **sizes,
        rope_frequency_adjustment_factor=4.0,
        rope_low_freq_factor=1.0,
        rope_high_freq_factor=4.0,
        rope_pretraining_sequence_length=16,
    )
    assert named.to_hf_config()["rope_scaling"] == LLAMA3
    linear = LlamaBackbone(**sizes, rope_position_scaling_factor=2.0)
    assert linear.to_hf_config()["rope_scaling"] == {"rope_type": "linear", "factor": 2.0}
    with pytest.raises(ValueError, match="several scalings"):
        LlamaBackbone(**sizes, rope_position_scaling_factor=2.0, rope_scaling=LLAMA3)
    with pytest.raises(ValueError, match="low_freq_factor"):
        LlamaBackbone(**sizes, rope_frequency_adjustment_factor=2.0)
