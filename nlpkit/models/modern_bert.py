"""ModernBERT (Warner et al., 2024, https://arxiv.org/abs/2412.13663)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.activations import ACTIVATIONS, NAMES
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, HeadTable
from nlpkit.backbones.layer_types import FULL, WINDOW, attentions_of_layers, kinds_of_layers
from nlpkit.backbones.rope.config import read_rope_by_layer_type
from nlpkit.backbones.shared import bert_like
from nlpkit.backbones.spec import (
    AttentionSpec,
    ClassifierHeadSpec,
    EmbeddingSpec,
    FeedForwardSpec,
    LayerSpec,
    MaskedLMHeadSpec,
    NormSpec,
    ResidualSpec,
    RopeSpec,
    StackSpec,
)
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader, config_of
from nlpkit.presets.mapping.weight_table import Line, parse
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.special.packing import CLS_SEP, Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.family_tokenizers import ClsSepBytePairTokenizer

_CONFIG: dict[str, tuple[str, Any]] = {
    "vocabulary_size": ("vocab_size", 50368),
    "num_layers": ("num_hidden_layers", 22),
    "num_heads": ("num_attention_heads", 12),
    "hidden_dim": ("hidden_size", 768),
    "intermediate_dim": ("intermediate_size", 1152),
    "max_sequence_length": ("max_position_embeddings", 8192),
    "local_attention": ("local_attention", 128),
    "embedding_dropout": ("embedding_dropout", 0.0),
    "attention_dropout": ("attention_dropout", 0.0),
    "intermediate_dropout": ("mlp_dropout", 0.0),
    "layer_norm_epsilon": ("norm_eps", 1e-5),
}
_BIASES = ("attention_bias", "mlp_bias", "norm_bias", "classifier_bias")
_PAD_ID = 50283
_POOLINGS = {"cls": "first", "mean": "mean"}
_WAVELENGTHS = {FULL: 160_000.0, WINDOW: 10_000.0}
_EMBEDDINGS = """
token_embedding/embeddings <- embeddings.tok_embeddings.weight
embeddings_norm/gamma <- embeddings.norm.weight
final_norm/gamma <- final_norm.weight
"""
_ATTENTION_NORM = """
attention_residual/pre_norm/gamma <- attn_norm.weight
"""
_LAYER = """
attention/query/kernel <- attn.Wqkv.weight[0 of 3] | transpose
attention/key/kernel <- attn.Wqkv.weight[1 of 3] | transpose
attention/value/kernel <- attn.Wqkv.weight[2 of 3] | transpose
attention/output/kernel <- attn.Wo.weight | transpose
feed_forward_residual/pre_norm/gamma <- mlp_norm.weight
feed_forward/gate/kernel <- mlp.Wi.weight[0 of 2] | transpose
feed_forward/intermediate/kernel <- mlp.Wi.weight[1 of 2] | transpose
feed_forward/output/kernel <- mlp.Wo.weight | transpose
"""
_CLASSIFIER = """
pooled_dense/kernel <- head.dense.weight | transpose ; shared
pooled_norm/gamma <- head.norm.weight ; shared
logits/kernel <- classifier.weight | transpose
logits/bias <- classifier.bias
"""
_MASKED_LM = """
masked_lm_head/dense/kernel <- head.dense.weight | transpose ; shared
masked_lm_head/layer_norm/gamma <- head.norm.weight ; shared
masked_lm_head/output_bias <- decoder.bias
backbone/token_embedding/embeddings <- decoder.weight ; tied
"""


def _head(architecture: str) -> HeadTable:
    return HeadTable(architecture, _CLASSIFIER, dropout=("classifier_dropout", 0.0))


class ModernBertTokenizer(ClsSepBytePairTokenizer):
    """Split text into ModernBERT's byte pairs; segments are not numbered. See `ClsSepBytePairTokenizer`.

    Example:
        >>> special = {"[CLS]": 0, "[SEP]": 1, "[PAD]": 2, "[MASK]": 3}
        >>> tokenizer = nlpkit.models.ModernBertTokenizer({**special, "a": 4, "Ġ": 5, "b": 6}, [])
        >>> tokenizer("a b")
        [4, 5, 6]
    """

    packing: ClassVar[Packing] = replace(CLS_SEP, numbers_segments=False)


class ModernBertBackbone(Backbone):
    """ModernBERT's encoder: rotary positions, gated layers, windows, no biases.

    Args:
        layer_types: list of str or None. "full_attention" or "sliding_attention", a window, for
            each layer; None for a window in all but the first of every three.
        local_attention: int. Size of the window: a token attends to half as many tokens on either
            side, and to itself.
        rope_max_wavelength: float. Base of the rotary frequencies in layers without a window.
        local_rope_max_wavelength: float. The same in layers with a window.
        embedding_dropout: float in [0, 1). Dropout rate of the embeddings.
        attention_dropout: float in [0, 1). Dropout rate of the attention weights, and of the
            output of attention.
        intermediate_dropout: float in [0, 1). Dropout rate within the feed-forward layers.
        classifier_pooling: str. What heads for whole texts take: the "first" token or the "mean".
        classifier_activation: str. Activation of the dense layer of all heads.

    Example:
        >>> backbone = nlpkit.models.ModernBertBackbone(
        ...     vocabulary_size=100, num_layers=4, num_heads=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = ModernBertTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("modernbert",)
    hf_architecture: ClassVar[str] = "ModernBertModel"
    hf_prefix: ClassVar[str] = "model."
    heads: ClassVar[Heads] = {
        "TextClassifier": _head("ModernBertForSequenceClassification"),
        "TokenClassifier": _head("ModernBertForTokenClassification"),
        "QuestionAnswerer": _head("ModernBertForQuestionAnswering"),
        "MaskedLM": HeadTable("ModernBertForMaskedLM", _MASKED_LM),
    }

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        *,
        layer_types: Sequence[str] | None = None,
        local_attention: int = 128,
        rope_max_wavelength: float = 160_000.0,
        local_rope_max_wavelength: float = 10_000.0,
        embedding_dropout: float = 0.0,
        attention_dropout: float = 0.0,
        intermediate_dropout: float = 0.0,
        activation: str = "gelu",
        layer_norm_epsilon: float = 1e-5,
        max_sequence_length: int = 8192,
        classifier_pooling: str = "first",
        classifier_activation: str = "gelu",
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        head_dim = bert_like.head_dim(num_heads, hidden_dim)
        full = AttentionSpec(
            num_heads=num_heads,
            num_key_value_heads=num_heads,
            head_dim=head_dim,
            scale=head_dim**-0.5,
            input_bias=False,
            output_bias=False,
            causal=False,
            rope=RopeSpec(head_dim, rope_max_wavelength),
            dropout=attention_dropout,
        )
        kinds = kinds_of_layers(num_layers, True, layer_types or _kinds(num_layers, 3), 3)
        local = RopeSpec(head_dim, local_rope_max_wavelength)
        attentions = attentions_of_layers(full, kinds, local_attention // 2 + 1, local)
        norm = NormSpec("layer", layer_norm_epsilon, bias=False)
        first = ResidualSpec(dropout=attention_dropout)  # The embeddings are normalized already.
        feed_forward = FeedForwardSpec(
            intermediate_dim, activation, gated=True, use_bias=False, dropout=intermediate_dropout
        )
        layers = tuple(
            LayerSpec(x, replace(first, pre=norm if i else None), feed_forward, ResidualSpec(norm))
            for i, x in enumerate(attentions)
        )
        embedding = EmbeddingSpec(vocabulary_size, norm=norm, dropout=embedding_dropout)
        stack = StackSpec(hidden_dim, embedding, layers, 0.02, final_norm=norm)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._kinds = kinds

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        norm = self.masked_lm_head.norm
        return ClassifierHeadSpec(
            self.classifier_pooling, self.classifier_activation, use_bias=False, norm=norm
        )

    @property
    def token_head(self) -> ClassifierHeadSpec:
        return replace(self.classifier_head, pooling="none")

    @property
    def masked_lm_head(self) -> MaskedLMHeadSpec:
        norm = NormSpec("layer", self.layer_norm_epsilon, bias=False)
        return MaskedLMHeadSpec(self.classifier_activation, norm, use_bias=False)

    def weight_table(self) -> list[Line]:
        return parse(_EMBEDDINGS) + [
            line.within(f"transformer_layer_{i}/", f"layers.{i}.")
            for i in range(self.num_layers)
            for line in parse(_LAYER + _ATTENTION_NORM * (i > 0))
        ]

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        for name in _BIASES:
            reader.require(name, [False], False)
        reader.require("decoder_bias", [True], True)
        reader.ignore(
            *("initializer_cutoff_factor", "layer_norm_eps", "reference_compile"),
            *("repad_logits_with_grad", "sparse_prediction", "sparse_pred_ignore_index"),
            "tie_word_embeddings",  # The table's tied lines compare the tensors.
        )
        reader.require("rope_scaling", [None], None)
        reader.alias(global_rope_theta="rope_theta", local_rope_theta="rope_local_base_freq")
        rope = read_rope_by_layer_type(reader, _WAVELENGTHS)
        for kind in rope.values():
            if kind["rope_scaling"] is not None:
                raise ValueError(f"ModernBERT's positions are not scaled; got {kind}.")
        arguments = reader.arguments(_CONFIG)
        period = reader.get("global_attn_every_n_layers", 3)
        kinds = reader.get("layer_types", _kinds(arguments["num_layers"], period))
        wide, local = (rope[kind]["rope_max_wavelength"] for kind in (FULL, WINDOW))
        return {
            **arguments,
            "layer_types": kinds,
            "rope_max_wavelength": wide,
            # Older transformers take null for the same everywhere.
            "local_rope_max_wavelength": wide if reader.is_null("local_rope_theta") else local,
            "activation": reader.require("hidden_activation", ACTIVATIONS, "gelu"),
            "classifier_pooling": reader.require("classifier_pooling", _POOLINGS, "cls"),
            "classifier_activation": reader.require("classifier_activation", ACTIVATIONS, "gelu"),
        }

    def to_hf_config(self) -> dict[str, Any]:
        poolings = {own: name for name, own in _POOLINGS.items()}
        # transformers has no embedding without the token that its default pads with.
        is_small = self.vocabulary_size <= _PAD_ID and "pad_token_id" not in self.carried.config
        return {
            **config_of(self, _CONFIG),
            **({"pad_token_id": None} if is_small else {}),
            "layer_types": self._kinds,
            "global_rope_theta": self.rope_max_wavelength,
            "local_rope_theta": self.local_rope_max_wavelength,
            "hidden_activation": NAMES[self.activation],
            "classifier_pooling": poolings[self.classifier_pooling],
            "classifier_activation": NAMES[self.classifier_activation],
        }


def _kinds(num_layers: int, period: int) -> list[str]:
    """A window in all layers but the first of every `period`."""
    return [WINDOW if i % period else FULL for i in range(num_layers)]


class ModernBertPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with a `ModernBertTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = ModernBertTokenizer


class ModernBertMaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with a `ModernBertTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = ModernBertTokenizer


class ModernBertClassifier(TextClassifier):
    """`TextClassifier` on a `ModernBertBackbone`: pooling, dense, layer norm, then logits."""

    backbone_class: ClassVar[type[Backbone]] = ModernBertBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = ModernBertPreprocessor


class ModernBertMaskedLM(MaskedLM):
    """`MaskedLM` on a `ModernBertBackbone`: dense, layer norm, tied projection."""

    backbone_class: ClassVar[type[Backbone]] = ModernBertBackbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = ModernBertMaskedLMPreprocessor


# As KerasHub names classes of other families.
ModernBertTextClassifier = ModernBertClassifier
ModernBertTextClassifierPreprocessor = ModernBertPreprocessor
