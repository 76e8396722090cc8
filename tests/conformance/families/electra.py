"""ELECTRA."""

from typing import Any

from conformance.cases.encoder import EncoderCase, reference, word_pieces
from conformance.cases.hard_strings import SPECIAL


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "num_heads": 2,
        "hidden_dim": 8,
        "embedding_dim": 6,
        "intermediate_dim": 12,
        "dropout": 0.2,
        "max_sequence_length": 12,
        "num_segments": 3,
        "activation": "relu",
        "attention_dropout": 0.3,
        "layer_norm_epsilon": 1e-3,
    }


CASES = [
    EncoderCase(
        "ElectraBackbone",
        _arguments,
        references={
            "narrow": reference("ElectraModel", embedding_size=3, num_attention_heads=8),
            "not_projected": reference(
                "ElectraModel", embedding_size=8, hidden_act="gelu_new", num_hidden_layers=3
            ),
            "wide_relu": reference(
                "ElectraModel",
                embedding_size=10,
                hidden_act="relu",
                num_attention_heads=1,
                layer_norm_eps=1e-5,
            ),
        },
        heads={
            "TextClassifier": reference(
                "ElectraForSequenceClassification",
                embedding_size=5,
                num_labels=3,
                hidden_act="relu",
            ),
            "TokenClassifier": reference(
                "ElectraForTokenClassification", embedding_size=5, num_labels=3
            ),
            "QuestionAnswerer": reference("ElectraForQuestionAnswering", embedding_size=5),
            "MaskedLM": reference("ElectraForMaskedLM", embedding_size=5, hidden_act="relu"),
        },
        tokenizers={"ElectraTokenizer": word_pieces()},
        others={"not_projected": lambda: {**_arguments(), "embedding_dim": 8}},
        kerashub=tuple(SPECIAL),
    ),
]
