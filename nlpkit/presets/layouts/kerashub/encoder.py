"""Descriptions of KerasHub's encoder families."""

from collections.abc import Mapping
from typing import Any

from nlpkit.presets.layouts.kerashub.family import ClassMapping, Family
from nlpkit.presets.layouts.kerashub.layers import BIASED_LAYER, POST_NORM

_CLASSIFIER_HEAD = """
logits/kernel <- layers/dense/0
logits/bias <- layers/dense/1
"""
_DENSE_CLASSIFIER_HEAD = """
pooled_dense/kernel <- layers/dense/0
pooled_dense/bias <- layers/dense/1
logits/kernel <- layers/dense_1/0
logits/bias <- layers/dense_1/1
"""
_MASKED_LM_HEAD = """
masked_lm_head/dense/kernel <- layers/masked_lm_head/intermediate_dense/0
masked_lm_head/dense/bias <- layers/masked_lm_head/intermediate_dense/1
masked_lm_head/layer_norm/gamma <- layers/masked_lm_head/intermediate_layer_norm/0
masked_lm_head/layer_norm/beta <- layers/masked_lm_head/intermediate_layer_norm/1
masked_lm_head/output_bias <- layers/masked_lm_head/0
"""
_PACKING = ("sequence_length", "truncate")
_MASKING = (
    "mask_selection_rate",
    "mask_selection_length",
    "mask_token_rate",
    "random_token_rate",
)
WORD_PIECES: dict[str, Any] = {
    "arguments": (
        "sequence_length",
        "lowercase",
        "strip_accents",
        "split",
        "split_on_cjk",
        "suffix_indicator",
        "oov_token",
        "special_tokens",
        "special_tokens_in_strings",
    )
}


def encoder(
    name: str,
    tokenizer: Mapping[str, Any],
    *,
    arguments: tuple[str, ...],
    lines: str,
    fixed: Mapping[str, Any],
    masked_lm: Mapping[str, Any],
    is_dense: bool = False,
    **further: Any,
) -> Family:
    """Describe a family of KerasHub's `TransformerEncoder`s whose classes have the usual names.

    Args:
        name: what they start with.
        tokenizer: of the tokenizer's mapping.
        arguments, lines, fixed: of the backbone's mapping.
        masked_lm: arguments of the masked-LM task that KerasHub does not state.
        is_dense: whether the classifier's head has a dense layer before the logits.
        **further: further attributes of `Family`.
    """

    def mapping(kinds: tuple[str, ...], arguments: tuple[str, ...], **further: Any) -> ClassMapping:
        # The last is the oldest name, and nlpkit's.
        names = tuple(name + kind for kind in kinds)
        return ClassMapping(names, names[-1], arguments, **further)

    return Family(
        tokenizer=mapping(("Tokenizer",), **tokenizer),
        backbone=mapping(("Backbone",), arguments, lines=lines, fixed=fixed),
        preprocessors=(
            mapping(("TextClassifierPreprocessor", "Preprocessor"), _PACKING),
            mapping(("MaskedLMPreprocessor",), (*_PACKING, *_MASKING)),
        ),
        tasks=(
            mapping(
                ("TextClassifier", "Classifier"),
                ("num_classes", "activation", "dropout", *(["hidden_dim"] if is_dense else [])),
                lines=_DENSE_CLASSIFIER_HEAD if is_dense else _CLASSIFIER_HEAD,
            ),
            mapping(("MaskedLM",), (), fixed=masked_lm, lines=_MASKED_LM_HEAD),
        ),
        **{
            "layer": BIASED_LAYER.replace("{norm}", POST_NORM),
            "layer_name": "transformer_encoder",
            **further,
        },
    )
