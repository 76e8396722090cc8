"""FNet."""

from typing import Any

from conformance.cases.decoder import sentence_pieces
from conformance.cases.encoder import EncoderCase, reference

_MIXED = "padding and what else is in a row are mixed in, by construction"


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "dropout": 0.2,
        "max_sequence_length": 12,
        "num_segments": 3,
        "activation": "gelu",
        "layer_norm_epsilon": 1e-3,
    }


CASES = [
    EncoderCase(
        "FNetBackbone",
        _arguments,
        references={
            "odd_width": reference("FNetModel", hidden_size=7, layer_norm_eps=1e-5),
            "one_segment_relu": reference(
                "FNetModel", type_vocab_size=1, hidden_act="relu", num_hidden_layers=3
            ),
            "wide": reference("FNetModel", hidden_size=20, intermediate_size=5, hidden_act="gelu"),
        },
        heads={
            "TextClassifier": reference("FNetForSequenceClassification", num_labels=3),
            "TokenClassifier": reference("FNetForTokenClassification", num_labels=3),
            "QuestionAnswerer": reference("FNetForQuestionAnswering"),
            "MaskedLM": reference("FNetForMaskedLM", hidden_act="relu"),
        },
        tokenizers={
            "FNetTokenizer": sentence_pieces(
                special={
                    "cls_token": "[SEP]",
                    "sep_token": "[CLS]",
                    "pad_token": "[PAD]",
                    "mask_token": "[UNK]",
                },
                model_type="unigram",
                replacements={"a": "b"},
            )
        },
        outputs={"sequence_output": "last_hidden_state", "pooled_output": "pooler_output"},
        has_dense_head=False,
        kerashub=("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"),
        exempt={
            "padding_changes_nothing": _MIXED,
            "batch_equals_single": _MIXED,
            "packed_equals_alone": _MIXED,
        },
    ),
]
