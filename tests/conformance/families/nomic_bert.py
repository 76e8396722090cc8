"""NomicBERT."""

from typing import Any

from conformance.cases.encoder import EncoderCase, reference, word_pieces


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "dropout": 0.2,
        "max_sequence_length": 12,
        "num_segments": 3,
        "head_dim": 6,
        "rope_max_wavelength": 50.0,
        "rope_scaling": {"rope_type": "linear", "factor": 2.0},
        "activation": "gelu_tanh",
        "attention_dropout": 0.3,
        "layer_norm_epsilon": 1e-3,
    }


CASES = [
    EncoderCase(
        "NomicBertBackbone",
        _arguments,
        references={
            "one_head": reference("NomicBertModel", num_attention_heads=1, intermediate_size=5),
            "wide_heads": reference(
                "NomicBertModel", head_dim=6, num_hidden_layers=3, hidden_act="gelu"
            ),
            "scaled_positions": reference(
                "NomicBertModel",
                layer_norm_eps=1e-3,
                rope_parameters={"rope_type": "linear", "factor": 4.0, "rope_theta": 50.0},
            ),
        },
        heads={
            "TextClassifier": reference("NomicBertForSequenceClassification", num_labels=3),
            "TokenClassifier": reference("NomicBertForTokenClassification", num_labels=5),
            "MaskedLM": reference("NomicBertForMaskedLM", hidden_act="gelu"),
        },
        tokenizers={"NomicBertTokenizer": word_pieces()},
    )
]
