"""XLNet (Yang et al., 2019, https://arxiv.org/abs/1906.08237)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.activations import ACTIVATIONS, NAMES
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, HeadTable
from nlpkit.backbones.shared import bert_like
from nlpkit.backbones.spec import (
    AttentionSpec,
    ClassifierHeadSpec,
    EmbeddingSpec,
    FeedForwardSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    StackSpec,
)
from nlpkit.modules.dense import check_initializers
from nlpkit.modules.mixing.relative_attention import RelativeAttention, RelativeEncoding
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader, config_of
from nlpkit.presets.layouts.kerashub.decoder import PLAIN
from nlpkit.presets.layouts.kerashub.family import ClassMapping, Family
from nlpkit.presets.layouts.kerashub.layers import RELATIVE_LAYER
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.special.packing import SEP_CLS, Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.sentence_piece.cls_sep_tokenizer import QUOTES, ClsSepPieceTokenizer
from nlpkit.tokenizers.sentence_piece.source import ProtoSource

_CONFIG = {
    "vocabulary_size": ("vocab_size", 32000),
    "num_layers": ("n_layer", 24),
    "num_heads": ("n_head", 16),
    "hidden_dim": ("d_model", 1024),
    "intermediate_dim": ("d_inner", 4096),
    "dropout": ("dropout", 0.1),
    "kernel_initializer_range": ("initializer_range", 0.02),
    "layer_norm_epsilon": ("layer_norm_eps", 1e-12),
}
# What is computed, of the values that there are.
_FIXED = {
    "attn_type": "bi",
    "bi_data": False,
    "clamp_len": -1,
    "same_length": False,
    "untie_r": True,
    "summary_type": "last",
    "summary_use_proj": True,
    "summary_activation": "tanh",
    "summary_proj_to_labels": False,
    "summary_first_dropout": 0,
}
# The mask's embedding is of the other stream, with which the language model is trained.
_EMBEDDINGS = """
token_embedding/embeddings <- word_embedding.weight
<- mask_emb ; buffer
"""
_LAYER = """
attention/query/kernel <- rel_attn.q | merge {heads} last heads
attention/key/kernel <- rel_attn.k | merge {heads} last heads
attention/value/kernel <- rel_attn.v | merge {heads} last heads
attention/position_key/kernel <- rel_attn.r | merge {heads} last heads
attention/output/kernel <- rel_attn.o | merge {heads} last heads, transpose
attention/content_bias <- rel_attn.r_w_bias
attention/position_bias <- rel_attn.r_r_bias
attention/segment_bias <- rel_attn.r_s_bias
attention/segment_embeddings <- rel_attn.seg_embed
attention_residual/output_norm/gamma <- rel_attn.layer_norm.weight
attention_residual/output_norm/beta <- rel_attn.layer_norm.bias
feed_forward/intermediate/kernel <- ff.layer_1.weight | transpose
feed_forward/intermediate/bias <- ff.layer_1.bias
feed_forward/output/kernel <- ff.layer_2.weight | transpose
feed_forward/output/bias <- ff.layer_2.bias
feed_forward_residual/output_norm/gamma <- ff.layer_norm.weight
feed_forward_residual/output_norm/beta <- ff.layer_norm.bias
"""
_SUMMARY = """
pooled_dense/kernel <- sequence_summary.summary.weight | transpose
pooled_dense/bias <- sequence_summary.summary.bias
logits/kernel <- logits_proj.weight | transpose
logits/bias <- logits_proj.bias
"""
_KERASHUB_EMBEDDINGS = """
token_embedding/embeddings <- layers/content_and_query_embedding/word_embed/0
<- layers/xl_net_attention_mask_layer/0 ; buffer
"""
# There the family has no tokenizer, and no tasks.
_KERASHUB = Family(
    tokenizer=ClassMapping((), "XLNetTokenizer", ()),
    backbone=ClassMapping(
        ("XLNetBackbone",),
        "XLNetBackbone",
        (*PLAIN, "activation", "kernel_initializer_range", "bias_initializer"),
        lines=_KERASHUB_EMBEDDINGS,
    ),
    preprocessors=(),
    tasks=(),
    layer=RELATIVE_LAYER,
    layer_name="xl_net_encoder",
)


@dataclass(frozen=True)
class _RelativeAttentionSpec(AttentionSpec):
    layer: ClassVar[Any] = RelativeAttention
    bias_initializer: str = "zeros"


@dataclass(frozen=True)
class _RelativeEncodingSpec:
    layer: ClassVar[Any] = RelativeEncoding
    compares_segments: ClassVar[bool] = True
    hidden_dim: int


class XLNetTokenizer(ClsSepPieceTokenizer):
    """Split text into XLNet's pieces: a `ClsSepPieceTokenizer` that strips accents before.

    Args:
        proto: path or bytes. The SentencePiece model.
        cls_token: str. Ends every sequence. Default "<cls>".
        sep_token: str. Ends every segment. Default "<sep>".
        mask_token: str. Default "<mask>".
        strip_accents: bool. Whether accents are removed. Default True.
        replacements: dict of str to str or None. Replacements before that. Default
            {"``": '"', "''": '"'}.
        **kwargs: the other arguments of `ClsSepPieceTokenizer`.

    Example:
        >>> proto = nlpkit.tokenizers.compute_sentence_piece_proto(
        ...     ["the quick brown fox"], 23, special_tokens=["<cls>", "<sep>", "<mask>"]
        ... )
        >>> tokenizer = nlpkit.models.XLNetTokenizer(proto)
        >>> tokenizer.detokenize(tokenizer("thé fox"))
        'the fox'
    """

    packing: ClassVar[Packing] = SEP_CLS
    simplifies: ClassVar[tuple[str, ...]] = ("strip_accents",)

    def __init__(
        self,
        proto: ProtoSource | None = None,
        *,
        cls_token: str = "<cls>",
        sep_token: str = "<sep>",
        mask_token: str = "<mask>",
        strip_accents: bool = True,
        replacements: Mapping[str, str] | None = QUOTES,
        **kwargs: Any,
    ) -> None:
        tokens = {"cls_token": cls_token, "sep_token": sep_token, "mask_token": mask_token}
        steps: dict[str, Any] = {"strip_accents": strip_accents, "replacements": replacements}
        super().__init__(proto, **tokens, **steps, **kwargs)


class XLNetBackbone(Backbone):
    """XLNet's encoder: BERT's with attention to distances and segments, and no pooled output.

    It is the content stream, in which every token sees all others; the query stream, which predicts
    tokens while it is trained as a language model, is not there. There is no limit to the length of
    sequences. Distances that are longer than the row, which only `positions` with gaps have, count
    as that.

    Args:
        hidden_dim: int. Hidden size; even.
        dropout: float in [0, 1). Dropout rate of the embeddings, the encodings of distances, the
            attention weights, the intermediate features, the output of each sub-layer and of the
            last layer.
        activation: str. "gelu", the exact form, "gelu_tanh", "relu" or "silu".
        kernel_initializer_range: float. Standard deviation of initial weights.
        bias_initializer: str. The initializer of the attention's biases.

    Example:
        >>> backbone = nlpkit.models.XLNetBackbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = XLNetTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("xlnet",)
    hf_architecture: ClassVar[str] = "XLNetModel"
    hf_prefix: ClassVar[str] = "transformer."
    heads: ClassVar[Heads] = {
        "TextClassifier": HeadTable(
            "XLNetForSequenceClassification", _SUMMARY, dropout=("summary_last_dropout", 0.1)
        ),
        "TokenClassifier": HeadTable(
            "XLNetForTokenClassification",
            bert_like.CLASSIFIER,
            dropout=("classifier_dropout", 0.0),
        ),
        "QuestionAnswerer": HeadTable(
            "XLNetForQuestionAnsweringSimple",
            bert_like.QUESTION_ANSWERER,
            dropout=("classifier_dropout", 0.0),
        ),
    }
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        dropout: float = 0.0,
        activation: str = "gelu",
        kernel_initializer_range: float = 0.02,
        bias_initializer: str = "zeros",
        *,
        layer_norm_epsilon: float = 1e-12,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        check_initializers(bias_initializer=bias_initializer)
        head_dim = bert_like.head_dim(num_heads, hidden_dim)
        attention = _RelativeAttentionSpec(
            num_heads=num_heads,
            num_key_value_heads=num_heads,
            head_dim=head_dim,
            scale=head_dim**-0.5,
            input_bias=False,
            output_bias=False,
            causal=False,
            dropout=dropout,
            bias_initializer=bias_initializer,
        )
        residual = ResidualSpec(output=NormSpec("layer", layer_norm_epsilon), dropout=dropout)
        feed_forward = FeedForwardSpec(
            intermediate_dim, activation, gated=False, use_bias=True, dropout=dropout
        )
        layer = LayerSpec(attention, residual, feed_forward, residual)
        stack = StackSpec(
            hidden_dim,
            EmbeddingSpec(vocabulary_size, dropout=dropout),
            (layer,) * num_layers,
            kernel_initializer_range,
            relative=_RelativeEncodingSpec(hidden_dim),
            final_dropout=dropout,
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        return ClassifierHeadSpec("last", activation="tanh")

    def weight_table(self) -> list[Line]:
        layer = _LAYER.replace("{heads}", str(self.num_heads))
        return bert_like.table(self.num_layers, _EMBEDDINGS, layer=layer, name="layer")

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.alias(n_token="vocab_size", hidden_size="d_model")
        reader.alias(num_attention_heads="n_head", num_hidden_layers="n_layer")
        # Of earlier texts, which are not passed; of heads that are not here; of the other dropout.
        reader.ignore("mem_len", "reuse_len", "use_mems_eval", "use_mems_train", "use_mems")
        reader.ignore("start_n_top", "end_n_top", "summary_last_dropout", "tie_word_embeddings")
        arguments = reader.arguments(_CONFIG)
        for key, value in _FIXED.items():
            reader.require(key, [value], value)
        width = bert_like.head_dim(arguments["num_heads"], arguments["hidden_dim"])
        reader.require("d_head", [width], width)
        activation = reader.require("ff_activation", ACTIVATIONS, "gelu")
        return {**arguments, "activation": activation}

    def to_hf_config(self) -> dict[str, Any]:
        return {**config_of(self, _CONFIG), "ff_activation": NAMES[self.activation]}


class XLNetPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with an `XLNetTokenizer`: `a <sep> <cls>`, or `a <sep> b …`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = XLNetTokenizer


class XLNetClassifier(TextClassifier):
    """`TextClassifier` on an `XLNetBackbone`: dense layer on the last token, then logits."""

    backbone_class: ClassVar[type[Backbone]] = XLNetBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = XLNetPreprocessor


# As KerasHub names the classes of other families.
XLNetTextClassifier = XLNetClassifier
XLNetTextClassifierPreprocessor = XLNetPreprocessor
