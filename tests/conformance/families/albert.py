"""ALBERT."""

from typing import Any

from conformance.cases.decoder import sentence_pieces
from conformance.cases.encoder import EncoderCase, reference


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 2,
        "num_heads": 2,
        "embedding_dim": 6,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "num_groups": 2,
        "num_inner_repetitions": 2,
        "dropout": 0.2,
        "max_sequence_length": 12,
        "num_segments": 3,
        "activation": "gelu",
        "attention_dropout": 0.3,
        "layer_norm_epsilon": 1e-3,
    }


_NARROW = {"embedding_size": 5}
CASES = [
    EncoderCase(
        "AlbertBackbone",
        _arguments,
        references={
            "shared_by_all": reference("AlbertModel", **_NARROW, num_hidden_layers=3),
            "groups_of_two": reference(
                "AlbertModel",
                embedding_size=12,
                num_hidden_layers=4,
                num_hidden_groups=2,
                inner_group_num=2,
                num_attention_heads=8,
                hidden_act="gelu",
                layer_norm_eps=1e-5,
            ),
            "one_segment_relu": reference(
                "AlbertModel", **_NARROW, type_vocab_size=1, hidden_act="relu", intermediate_size=5
            ),
        },
        heads={
            "TextClassifier": reference(
                "AlbertForSequenceClassification", **_NARROW, num_labels=3, num_hidden_groups=2
            ),
            "TokenClassifier": reference(
                "AlbertForTokenClassification", **_NARROW, id2label={0: "O", 1: "B-A", 2: "I-A"}
            ),
            "QuestionAnswerer": reference("AlbertForQuestionAnswering", **_NARROW),
            "MaskedLM": reference("AlbertForMaskedLM", **_NARROW, hidden_act="relu"),
        },
        tokenizers={
            "AlbertTokenizer": sentence_pieces(
                special={
                    "cls_token": "[SEP]",
                    "sep_token": "[CLS]",
                    "pad_token": "[PAD]",
                    "mask_token": "[UNK]",
                },
                model_type="unigram",
                lowercase=False,
                strip_accents=False,
            )
        },
        others={"no_pooler": lambda: {**_arguments(), "pooler": False}},
        outputs={"sequence_output": "last_hidden_state", "pooled_output": "pooler_output"},
        has_dense_head=False,
        kerashub=("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"),
    )
]
