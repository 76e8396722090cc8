"""XLNet."""

from typing import Any

from conformance.cases.decoder import sentence_pieces
from conformance.cases.encoder import EncoderCase, reference


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 2,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "dropout": 0.2,
        "activation": "gelu_tanh",
        "kernel_initializer_range": 0.3,
        "bias_initializer": "ones",
        "layer_norm_epsilon": 1e-3,
    }


_SIZES = {"vocab_size": 11, "d_model": 8, "n_layer": 2, "n_head": 2, "d_inner": 12}


def _reference(architecture: str, **config: Any) -> Any:
    return reference(architecture, _SIZES, **config)


CASES = [
    EncoderCase(
        "XLNetBackbone",
        _arguments,
        references={
            "many_heads": _reference("XLNetModel", n_head=4, layer_norm_eps=1e-5),
            "one_head_wide": _reference("XLNetModel", n_head=1, d_model=10, d_inner=5, n_layer=1),
            "three_layers_relu": _reference("XLNetModel", n_layer=3, ff_activation="relu"),
        },
        heads={
            "TextClassifier": _reference("XLNetForSequenceClassification", num_labels=3),
            "TokenClassifier": _reference(
                "XLNetForTokenClassification", id2label={0: "O", 1: "B-A", 2: "I-A"}
            ),
            "QuestionAnswerer": _reference("XLNetForQuestionAnsweringSimple"),
        },
        tokenizers={
            "XLNetTokenizer": sentence_pieces(
                special={
                    "cls_token": "[SEP]",
                    "sep_token": "[CLS]",
                    "pad_token": "[PAD]",
                    "mask_token": "[UNK]",
                },
                model_type="unigram",
                strip_accents=False,
            )
        },
    )
]
