"""MPNet."""

from typing import Any

from conformance.cases.decoder import TokenizerArguments
from conformance.cases.encoder import EncoderCase, reference
from conformance.cases.hard_strings import SPECIAL
from conformance.cases.tokenizers import VOCABULARY, bert_arguments

_POSITIONS = {"max_position_embeddings": 14}
_OWN = ["<s>", "<pad>", "</s>", "<mask>"]


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
        "layer_norm_epsilon": 1e-3,
    }


CASES = [
    EncoderCase(
        "MPNetBackbone",
        _arguments,
        references={
            "many_heads": reference(
                "MPNetModel", **_POSITIONS, num_attention_heads=8, layer_norm_eps=1e-5
            ),
            "tanh_gelu": reference(
                "MPNetModel", **_POSITIONS, hidden_act="gelu_new", num_hidden_layers=3
            ),
            "relu_one_head": reference(
                "MPNetModel", **_POSITIONS, hidden_act="relu", num_attention_heads=1
            ),
        },
        heads={
            "TextClassifier": reference(
                "MPNetForSequenceClassification", **_POSITIONS, num_labels=3, hidden_act="relu"
            ),
            "TokenClassifier": reference("MPNetForTokenClassification", **_POSITIONS, num_labels=3),
            "QuestionAnswerer": reference("MPNetForQuestionAnswering", **_POSITIONS),
            "MaskedLM": reference("MPNetForMaskedLM", **_POSITIONS, hidden_act="relu"),
        },
        tokenizers={
            "MPNetTokenizer": TokenizerArguments(
                changed=lambda: {
                    **bert_arguments(),
                    "vocabulary": [*SPECIAL, "<unk>", "<x>", "good", "mo"],
                    "cls_token": "[CLS]",
                    "sep_token": "[SEP]",
                    "pad_token": "[PAD]",
                    "mask_token": "[MASK]",
                },
                small=lambda: {"vocabulary": [*_OWN, *VOCABULARY]},
            )
        },
    ),
]
