"""KerasHub's families: their classes' names, what their configurations leave out, their tensors.

Tensors are named as `kerashub_tensors` spells them. KerasHub's backbones state sizes only; what is
computed stands in their code, and here under `fixed`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nlpkit.presets.weights import Line, expand

_BUFFERS = """
<- *optimizer/* ; buffer
<- *seed_generator/* ; buffer
<- *metrics/* ; buffer
"""
# KerasHub's TransformerEncoder and TransformerDecoder; their projections keep the heads apart.
_LAYER = """
attention/query/kernel <- self_attention_layer/query_dense/0 | merge {heads} last heads
attention/query/bias <- self_attention_layer/query_dense/1 | merge {heads} last heads
attention/key/kernel <- self_attention_layer/key_dense/0 | merge {heads} last heads
attention/key/bias <- self_attention_layer/key_dense/1 | merge {heads} last heads
attention/value/kernel <- self_attention_layer/value_dense/0 | merge {heads} last heads
attention/value/bias <- self_attention_layer/value_dense/1 | merge {heads} last heads
attention/output/kernel <- self_attention_layer/output_dense/0 | merge {heads} first heads
attention/output/bias <- self_attention_layer/output_dense/1
attention_residual/{norm}/gamma <- self_attention_layer_norm/0
attention_residual/{norm}/beta <- self_attention_layer_norm/1
feed_forward/intermediate/kernel <- feedforward_intermediate_dense/0
feed_forward/intermediate/bias <- feedforward_intermediate_dense/1
feed_forward/output/kernel <- feedforward_output_dense/0
feed_forward/output/bias <- feedforward_output_dense/1
feed_forward_residual/{norm}/gamma <- feedforward_layer_norm/0
feed_forward_residual/{norm}/beta <- feedforward_layer_norm/1
"""
_POST_NORM_LAYER = _LAYER.replace("{norm}", "output_norm")
_PRE_NORM_LAYER = _LAYER.replace("{norm}", "pre_norm")
_BERT_EMBEDDINGS = """
token_embedding/embeddings <- layers/reversible_embedding/0
position_embedding/embeddings <- layers/position_embedding/0
segment_embedding/embeddings <- layers/embedding/0
embeddings_norm/gamma <- layers/layer_normalization/0
embeddings_norm/beta <- layers/layer_normalization/1
pooled_dense/kernel <- layers/dense/0
pooled_dense/bias <- layers/dense/1
"""
_GPT2_EMBEDDINGS = """
token_embedding/embeddings <- layers/reversible_embedding/0
position_embedding/embeddings <- layers/position_embedding/0
final_norm/gamma <- layers/layer_normalization/0
final_norm/beta <- layers/layer_normalization/1
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


@dataclass(frozen=True)
class Part:
    """One kind of object of a family.

    Attributes:
        names: KerasHub's names of the class, of all versions.
        own: nlpkit's name of it.
        arguments: the arguments that the configuration states, by the same names in nlpkit.
        fixed: nlpkit's arguments that it does not state.
        inert: arguments that it states and nlpkit does not have, with the one value allowed.
        lines: weight table, of a task that of its head.
    """

    names: tuple[str, ...]
    own: str
    arguments: tuple[str, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    inert: Mapping[str, Any] = field(default_factory=dict)
    lines: str = ""


@dataclass(frozen=True)
class Family:
    """A family's parts, and the weight table of one of its layers."""

    tokenizer: Part
    backbone: Part
    preprocessors: tuple[Part, ...]
    tasks: tuple[Part, ...]
    layer: str
    layer_name: str

    def parts(self) -> tuple[Part, ...]:
        """All of them."""
        return (self.tokenizer, self.backbone, *self.preprocessors, *self.tasks)

    def backbone_lines(self, num_layers: int, num_heads: int) -> list[Line]:
        """The weight table of a backbone."""
        layer = self.layer.replace("{heads}", str(num_heads))
        return expand(self.backbone.lines + _BUFFERS) + [
            line.within(f"transformer_layer_{i}/", f"layers/{self.layer_name}{_suffix(i)}/")
            for i in range(num_layers)
            for line in expand(layer)
        ]


def head_lines(part: Part) -> list[Line]:
    """The weight table of a task's head."""
    return expand(part.lines + _BUFFERS)


def _suffix(i: int) -> str:
    return f"_{i}" if i else ""


_PACKING = ("sequence_length", "truncate")
_SIZES = (
    "vocabulary_size",
    "num_layers",
    "num_heads",
    "hidden_dim",
    "intermediate_dim",
    "dropout",
    "max_sequence_length",
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
        (*_SIZES, "num_segments"),
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
    layer=_POST_NORM_LAYER,
    layer_name="transformer_encoder",
)
_GPT2 = Family(
    # There the end token is found in any text, here with special_tokens_in_strings=True.
    tokenizer=Part(
        ("GPT2Tokenizer",),
        "GPT2Tokenizer",
        ("sequence_length", "add_prefix_space"),
        inert={"unsplittable_tokens": ["<|endoftext|>"]},
    ),
    backbone=Part(("GPT2Backbone",), "GPT2Backbone", _SIZES, lines=_GPT2_EMBEDDINGS),
    preprocessors=(
        Part(
            ("GPT2CausalLMPreprocessor",),
            "GPT2CausalLMPreprocessor",
            ("sequence_length", "add_start_token", "add_end_token"),
        ),
    ),
    tasks=(Part(("GPT2CausalLM",), "GPT2CausalLM", ()),),
    layer=_PRE_NORM_LAYER,
    layer_name="transformer_decoder",
)
FAMILIES = (_BERT, _GPT2)
