"""DeBERTa v2 and v3."""

from typing import Any

from conformance.cases.decoder import sentence_pieces
from conformance.cases.encoder import EncoderCase, reference


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "dropout": 0.2,
        "max_sequence_length": 12,
        "bucket_size": 4,
        "pos_att_type": ["p2c"],
        "share_att_key": False,
        "norm_rel_ebd": False,
        "position_biased_input": True,
        "conv_kernel_size": 3,
        "conv_act": "gelu",
        "activation": "gelu_tanh",
        "attention_dropout": 0.3,
        "layer_norm_epsilon": 1e-3,
        "legacy_head": False,
    }


_V3 = {
    "relative_attention": True,
    "pos_att_type": "p2c|c2p",
    "share_att_key": True,
    "norm_rel_ebd": "layer_norm",
    "position_buckets": 4,
    "position_biased_input": False,
}


def _usual() -> dict[str, Any]:
    of_v2 = ("pos_att_type", "share_att_key", "norm_rel_ebd", "conv_kernel_size", "conv_act")
    others = ("position_biased_input", "legacy_head")
    return {n: value for n, value in _arguments().items() if n not in (*of_v2, *others)}


CASES = [
    EncoderCase(
        "DebertaV3Backbone",
        _arguments,
        references={
            "version_3": reference("DebertaV2Model", **_V3, num_attention_heads=4),
            "convolution": reference(
                "DebertaV2Model",
                **{**_V3, "position_buckets": 6},
                conv_kernel_size=5,
                conv_act="gelu",
                num_attention_heads=1,
                layer_norm_eps=1e-5,
            ),
            "apart_without_buckets": reference(
                "DebertaV2Model",
                relative_attention=True,
                pos_att_type=["c2p", "p2c"],
                max_position_embeddings=7,
                hidden_act="relu",
                num_hidden_layers=3,
            ),
            "one_term": reference(
                "DebertaV2Model", **{**_V3, "pos_att_type": ["c2p"], "share_att_key": False}
            ),
            "no_distances": reference("DebertaV2Model", num_attention_heads=8),
        },
        heads={
            "TextClassifier": reference(
                "DebertaV2ForSequenceClassification", **_V3, num_labels=3, hidden_act="relu"
            ),
            "TokenClassifier": reference("DebertaV2ForTokenClassification", **_V3, num_labels=3),
            "QuestionAnswerer": reference("DebertaV2ForQuestionAnswering", **_V3),
            "MaskedLM": reference("DebertaV2ForMaskedLM", **_V3, hidden_act="relu", legacy=False),
        },
        tokenizers={
            "DebertaV3Tokenizer": sentence_pieces(
                special={
                    "cls_token": "[SEP]",
                    "sep_token": "[CLS]",
                    "pad_token": "[MASK]",
                    "mask_token": "[PAD]",
                },
                model_type="unigram",
            )
        },
        others={"usual": _usual},
        kerashub=("[PAD]", "[CLS]", "[SEP]", "[UNK]"),
    ),
]
