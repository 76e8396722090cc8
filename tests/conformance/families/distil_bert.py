"""DistilBERT."""

from typing import Any

from conformance.cases.encoder import EncoderCase, reference, word_pieces
from conformance.cases.hard_strings import SPECIAL


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "dropout": 0.2,
        "max_sequence_length": 12,
        "activation": "gelu_tanh",
        "attention_dropout": 0.3,
    }


def _reference(kind: str, **config: Any) -> Any:
    # Its name of the intermediate size is not the usual one.
    sizes = {"intermediate_size": None, "hidden_dim": 12}
    return reference(f"DistilBert{kind}", **{**sizes, **config})


CASES = [
    EncoderCase(
        "DistilBertBackbone",
        _arguments,
        references={
            "many_heads": _reference("Model", num_hidden_layers=3, num_attention_heads=8),
            "tanh_gelu_sinusoids": _reference(
                "Model",
                activation="gelu_new",
                hidden_dim=5,
                num_attention_heads=4,
                sinusoidal_pos_embds=True,
            ),
            "relu_one_head": _reference(
                "Model", activation="relu", num_attention_heads=1, num_hidden_layers=1
            ),
        },
        heads={
            "TextClassifier": _reference(
                "ForSequenceClassification", num_labels=3, activation="silu"
            ),
            "TokenClassifier": _reference("ForTokenClassification", num_labels=3),
            "QuestionAnswerer": _reference("ForQuestionAnswering"),
            "MaskedLM": _reference("ForMaskedLM", activation="relu"),
        },
        tokenizers={"DistilBertTokenizer": word_pieces()},
        kerashub=tuple(SPECIAL),
    ),
]
