"""ModernBERT."""

from typing import Any

from conformance.cases.decoder import byte_pairs
from conformance.cases.encoder import EncoderCase, reference

_FULL, _WINDOW = "full_attention", "sliding_attention"
_NO_TOKENS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 2,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "layer_types": [_WINDOW, _FULL],
        "local_attention": 3,
        "rope_max_wavelength": 500.0,
        "local_rope_max_wavelength": 50.0,
        "embedding_dropout": 0.1,
        "attention_dropout": 0.3,
        "intermediate_dropout": 0.2,
        "activation": "gelu_tanh",
        "layer_norm_epsilon": 1e-3,
        "max_sequence_length": 12,
        "classifier_pooling": "mean",
        "classifier_activation": "silu",
    }


def _model(architecture: str = "ModernBertModel", **config: Any) -> Any:
    usual = {"local_attention": 2, "norm_eps": 1e-3, **_NO_TOKENS}
    return reference(architecture, **{**usual, **config})


CASES = [
    EncoderCase(
        "ModernBertBackbone",
        _arguments,
        references={
            "every_second": _model(
                num_hidden_layers=4, global_attn_every_n_layers=2, num_attention_heads=4
            ),
            "kinds_and_bases": _model(
                num_hidden_layers=3,
                layer_types=[_WINDOW, _WINDOW, _FULL],
                rope_parameters={
                    _FULL: {"rope_type": "default", "rope_theta": 300.0},
                    _WINDOW: {"rope_type": "default", "rope_theta": 20.0},
                },
                hidden_activation="silu",
            ),
            "one_head": _model(num_attention_heads=1, intermediate_size=5, local_attention=5),
        },
        heads={
            "TextClassifier": _model(
                "ModernBertForSequenceClassification", num_labels=3, classifier_pooling="mean"
            ),
            "TokenClassifier": _model(
                "ModernBertForTokenClassification", num_labels=3, classifier_activation="silu"
            ),
            "QuestionAnswerer": _model("ModernBertForQuestionAnswering"),
            "MaskedLM": _model("ModernBertForMaskedLM", classifier_activation="relu"),
        },
        tokenizers={
            "ModernBertTokenizer": byte_pairs(
                special={
                    "cls_token": "[SEP]",
                    "sep_token": "[CLS]",
                    "pad_token": "[UNK]",
                    "mask_token": "[PAD]",
                }
            )
        },
    )
]
