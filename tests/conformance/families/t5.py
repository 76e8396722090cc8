"""T5, ByT5 and UMT5, and random models of its kinds."""

from collections.abc import Callable
from typing import Any

from conformance.cases.backbones import randomize
from conformance.cases.decoder import TokenizerArguments, sentence_pieces
from conformance.cases.kerashub_decoder import PLAIN, KerasHubDecoder
from conformance.cases.sentence_piece import EVERY_TOKENIZER, NO_FILES
from conformance.cases.seq2seq import HEADS, LENGTHS, Seq2SeqCase


def _arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 31,
        "num_layers": 1,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "key_value_dim": 6,
        "dropout": 0.2,
        "activation": "gelu_tanh",
        "use_gated_activation": False,
        "layer_norm_epsilon": 1e-3,
        "tie_embedding_weights": False,
        "num_decoder_layers": 2,
        "scale_decoder_outputs": True,
        "num_buckets": 8,
        "max_distance": 6,
        "share_relative_bias": False,
    }


def t5_reference(
    kind: str = "T5", ending: str = "ForConditionalGeneration", *, tied: bool = True, **config: Any
) -> Callable[[], Any]:
    def make() -> Any:
        import transformers

        sizes = {
            "vocab_size": 31,
            "d_model": 16,
            "d_kv": 6,
            "d_ff": 20,
            "num_layers": 2,
            "num_heads": 4,
            "decoder_start_token_id": 0,
            "relative_attention_num_buckets": 8,
            "relative_attention_max_distance": 6,
        }
        described = getattr(transformers, f"{kind}Config")(**sizes | config)
        model = getattr(transformers, kind + ending)(described)
        if not tied:  # As files of T5 1.1 have it, and transformers 5 computes.
            model.lm_head.weight = type(model.lm_head.weight)(model.lm_head.weight.clone())
        return randomize(model.eval())

    return make


# As Keras writes functions that it does not have itself.
_GELU = {
    "module": "builtins",
    "class_name": "function",
    "config": "keras_hub>gelu_approximate",
    "registered_name": "function",
}


def _kerashub(**arguments: Any) -> KerasHubDecoder:
    sizes = {**PLAIN, "vocabulary_size": 120}  # With sentinels, which KerasHub does not name.
    return KerasHubDecoder("T5", {**sizes, **arguments}, task="Seq2SeqLM", lengths=LENGTHS)


CASES = [
    Seq2SeqCase(
        "T5Backbone",
        _arguments,
        references={
            "deep_decoder": t5_reference(num_layers=1, num_decoder_layers=3, num_heads=3, d_kv=4),
            "untied_gated": t5_reference(
                tied=False, tie_word_embeddings=False, feed_forward_proj="gated-gelu", d_kv=5
            ),
            "deep_encoder_untied_scaled": t5_reference(
                tied=False, num_layers=3, num_decoder_layers=1, feed_forward_proj="gated-silu"
            ),
            "umt5_deep_decoder": t5_reference("UMT5", num_layers=1, num_decoder_layers=3, d_kv=5),
            "umt5_deep_encoder_untied": t5_reference(
                "UMT5", tied=False, num_layers=3, num_decoder_layers=1, num_heads=3
            ),
            "umt5_relu_wide": t5_reference("UMT5", feed_forward_proj="relu", d_ff=9, d_model=20),
        },
        heads={
            kind: [
                t5_reference(ending=ending, num_decoder_layers=1, num_labels=2),
                t5_reference("UMT5", ending, num_layers=1, num_labels=2, num_heads=3),
            ]
            for kind, ending in HEADS.items()
        },
        tokenizer=sentence_pieces(
            special={"end_token": "[SEP]", "pad_token": "[PAD]"}, extra_ids=3
        ),
        tokenizers={
            "ByT5Tokenizer": TokenizerArguments(
                changed=lambda: {
                    **EVERY_TOKENIZER,
                    "end_token": "[SEP]",
                    "pad_token": "[PAD]",
                    "unk_token": "[UNK]",
                    "extra_ids": 3,
                    "special_tokens": ["a"],
                    "special_tokens_in_strings": True,
                },
                small=dict,
                exempt=NO_FILES,
            )
        },
        preprocessors={"ByT5Seq2SeqLMPreprocessor": "ByT5Tokenizer"},
        kerashub={
            "t5": _kerashub(use_gated_activation=False, num_layers=1),
            "t5_1.1": _kerashub(
                activation=_GELU,
                key_value_dim=5,
                layer_norm_epsilon=1e-3,
                tie_embedding_weights=False,
            ),
        },
        others={"gated": lambda: {**_arguments(), "use_gated_activation": True}},
    )
]
