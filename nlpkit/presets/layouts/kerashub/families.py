"""KerasHub's families: their classes' names, what their configurations leave out, their tensors.

Tensors are named as `kerashub_tensors` spells them. KerasHub's backbones state sizes only; what is
computed stands in their code, and here under `fixed`.
"""

from nlpkit.presets.layouts.kerashub.biased_decoders import BIASED_DECODERS
from nlpkit.presets.layouts.kerashub.expert_decoders import EXPERT_DECODERS
from nlpkit.presets.layouts.kerashub.family import Family, Part
from nlpkit.presets.layouts.kerashub.gated_decoders import GATED_DECODERS
from nlpkit.presets.layouts.kerashub.gemma import GEMMAS
from nlpkit.presets.layouts.kerashub.layers import BIASED_LAYER, POST_NORM

_BERT_EMBEDDINGS = """
token_embedding/embeddings <- layers/reversible_embedding/0
position_embedding/embeddings <- layers/position_embedding/0
segment_embedding/embeddings <- layers/embedding/0
embeddings_norm/gamma <- layers/layer_normalization/0
embeddings_norm/beta <- layers/layer_normalization/1
pooled_dense/kernel <- layers/dense/0
pooled_dense/bias <- layers/dense/1
"""
_CLASSIFIER_HEAD = """
logits/kernel <- layers/dense/0
logits/bias <- layers/dense/1
"""
_MASKED_LM_HEAD = """
masked_lm_head/dense/kernel <- layers/masked_lm_head/intermediate_dense/0
masked_lm_head/dense/bias <- layers/masked_lm_head/intermediate_dense/1
masked_lm_head/layer_norm/gamma <- layers/masked_lm_head/intermediate_layer_norm/0
masked_lm_head/layer_norm/beta <- layers/masked_lm_head/intermediate_layer_norm/1
masked_lm_head/output_bias <- layers/masked_lm_head/0
"""
_PACKING = ("sequence_length", "truncate")
_SIZES = (
    "vocabulary_size",
    "num_layers",
    "num_heads",
    "hidden_dim",
    "intermediate_dim",
    "dropout",
    "max_sequence_length",
    "num_segments",
)
_WORD_PIECES = (
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
_BERT = Family(
    tokenizer=Part(("BertTokenizer",), "BertTokenizer", _WORD_PIECES),
    backbone=Part(
        ("BertBackbone",),
        "BertBackbone",
        _SIZES,
        {"activation": "gelu_tanh", "layer_norm_epsilon": 1e-12},
        lines=_BERT_EMBEDDINGS,
    ),
    preprocessors=(
        Part(("BertTextClassifierPreprocessor", "BertPreprocessor"), "BertPreprocessor", _PACKING),
        Part(
            ("BertMaskedLMPreprocessor",),
            "BertMaskedLMPreprocessor",
            (
                *_PACKING,
                "mask_selection_rate",
                "mask_selection_length",
                "mask_token_rate",
                "random_token_rate",
            ),
        ),
    ),
    tasks=(
        Part(
            ("BertTextClassifier", "BertClassifier"),
            "BertClassifier",
            ("num_classes", "activation", "dropout"),
            lines=_CLASSIFIER_HEAD,
        ),
        Part(
            ("BertMaskedLM",),
            "BertMaskedLM",
            (),
            {"head_activation": "gelu", "head_layer_norm_epsilon": 1e-5},
            lines=_MASKED_LM_HEAD,
        ),
    ),
    layer=BIASED_LAYER.replace("{norm}", POST_NORM),
    layer_name="transformer_encoder",
)
FAMILIES = (_BERT, *BIASED_DECODERS, *EXPERT_DECODERS, *GATED_DECODERS, *GEMMAS)
