"""EuroBERT."""

from typing import Any

from conformance.cases.decoder import byte_pairs
from conformance.cases.encoder import EncoderCase, reference

_NO_TOKENS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "mask_token_id": 3}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "num_query_heads": 4,
        "num_key_value_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "head_dim": 4,
        "rope_max_wavelength": 500.0,
        "rope_scaling": {"rope_type": "linear", "factor": 2.0},
        "layer_norm_epsilon": 1e-3,
        "dropout": 0.2,
        "attention_dropout": 0.3,
        "attention_bias": True,
        "activation": "gelu",
        "tie_word_embeddings": True,
        "max_sequence_length": 12,
        "classifier_pooling": "mean",
    }


def _model(architecture: str = "EuroBertModel", **config: Any) -> Any:
    return reference(architecture, **{"rms_norm_eps": 1e-3, **_NO_TOKENS, **config})


CASES = [
    EncoderCase(
        "EuroBertBackbone",
        _arguments,
        references={
            "grouped": _model(num_attention_heads=4, num_key_value_heads=2, hidden_act="gelu"),
            "wide_heads": _model(head_dim=6, attention_bias=True, num_hidden_layers=3),
            "scaled_positions": _model(
                num_attention_heads=1,
                intermediate_size=5,
                rope_parameters={"rope_type": "linear", "factor": 4.0, "rope_theta": 50.0},
            ),
        },
        heads={
            "TextClassifier": _model("EuroBertForSequenceClassification", num_labels=3),
            "TokenClassifier": _model("EuroBertForTokenClassification", num_labels=5),
            "MaskedLM": _model("EuroBertForMaskedLM"),
        },
        tokenizers={
            "EuroBertTokenizer": byte_pairs(
                special={
                    "start_token": "[CLS]",
                    "end_token": "[SEP]",
                    "pad_token": "[PAD]",
                    "mask_token": "[MASK]",
                },
                ignore_merges=False,
            )
        },
        has_dense_masked_lm=False,
    )
]
