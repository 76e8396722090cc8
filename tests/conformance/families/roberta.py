"""RoBERTa and XLM-RoBERTa."""

from typing import Any

from conformance.cases.decoder import byte_pairs, sentence_pieces
from conformance.cases.encoder import EncoderCase, reference

_SPECIAL = {
    "start_token": "[CLS]",
    "end_token": "[SEP]",
    "pad_token": "[PAD]",
    "mask_token": "[MASK]",
}


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 1,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "dropout": 0.2,
        "max_sequence_length": 12,
        "num_segments": 2,
        "activation": "gelu_tanh",
        "attention_dropout": 0.3,
        "layer_norm_epsilon": 1e-3,
        "normalize_first": True,
    }


def _case(name: str, tokenizer: Any, kerashub: tuple[str, ...], **further: Any) -> EncoderCase:
    model = f"{name}Model"
    usual = {"type_vocab_size": 1, "max_position_embeddings": 14}
    return EncoderCase(
        f"{name}Backbone",
        _arguments,
        references={
            "many_heads": reference(
                model, **usual, num_hidden_layers=3, num_attention_heads=8, layer_norm_eps=1e-5
            ),
            "tanh_gelu": reference(
                model, **usual, hidden_act="gelu_new", intermediate_size=5, num_attention_heads=4
            ),
            "relu_one_head": reference(
                model, **usual, hidden_act="relu", num_attention_heads=1, num_hidden_layers=1
            ),
            **further,
        },
        heads={
            "TextClassifier": reference(
                f"{name}ForSequenceClassification", **usual, num_labels=3, hidden_act="relu"
            ),
            "TokenClassifier": reference(f"{name}ForTokenClassification", **usual, num_labels=5),
            "QuestionAnswerer": reference(f"{name}ForQuestionAnswering", **usual),
            "MaskedLM": reference(f"{name}ForMaskedLM", **usual, hidden_act="relu"),
        },
        tokenizers={f"{name}Tokenizer": tokenizer},
        kerashub=kerashub,
    )


CASES = [
    # Hugging Face's class takes every 1 for padding.
    _case(
        "Roberta",
        byte_pairs(special={**_SPECIAL, "pad_token": "[UNK]"}),
        ("<s>", "<pad>", "</s>", "<unk>", "<mask>"),
    ),
    _case(
        "XLMRoberta",
        sentence_pieces(special=_SPECIAL, model_type="unigram"),
        ("<unk>", "<s>", "</s>"),
        normalized_first=reference(
            "XLMRobertaXLModel", type_vocab_size=1, max_position_embeddings=14
        ),
    ),
]
