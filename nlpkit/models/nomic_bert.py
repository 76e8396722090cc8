"""NomicBERT (Nussbaum et al., 2024, https://arxiv.org/abs/2402.01613)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.activations import ACTIVATIONS, NAMES
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, head_tables
from nlpkit.backbones.rope.config import read_rope, write_rope
from nlpkit.backbones.shared import bert_like, llama_like
from nlpkit.backbones.spec import (
    ClassifierHeadSpec,
    EmbeddingSpec,
    FeedForwardSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    StackSpec,
)
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader, config_of
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.word_piece.cls_sep_tokenizer import ClsSepTokenizer

_CONFIG: Mapping[str, tuple[str, Any]] = {
    **bert_like.CONFIG,
    "vocabulary_size": ("vocab_size", 30528),
    "dropout": ("hidden_dropout_prob", 0.0),
    "attention_dropout": ("attention_probs_dropout_prob", 0.0),
    "max_sequence_length": ("max_position_embeddings", 2048),
}
# What the keys are called in the published configurations, which have GPT-2's.
_PUBLISHED = {
    "n_embd": "hidden_size",
    "n_layer": "num_hidden_layers",
    "n_head": "num_attention_heads",
    "n_inner": "intermediate_size",
    "n_positions": "max_position_embeddings",
    "layer_norm_epsilon": "layer_norm_eps",
    "rotary_emb_base": "rope_theta",
    "embd_pdrop": "hidden_dropout_prob",
    "resid_pdrop": "hidden_dropout_prob",
    "attn_pdrop": "attention_probs_dropout_prob",
}
# And what else they say, of options that no published model uses.
_OPTIONS = {
    "activation_function": "swiglu",
    "causal": False,
    "mlp_fc1_bias": False,
    "mlp_fc2_bias": False,
    "parallel_block": False,
    "prenorm": False,
    "qkv_proj_bias": False,
    "rotary_emb_fraction": 1.0,
    "rotary_emb_interleaved": False,
    "rotary_emb_scale_base": None,
    "rotary_scaling_factor": None,
    "scale_attn_by_inverse_layer_idx": False,
    "scale_attn_weights": True,
    "use_rms_norm": False,
}
_EMBEDDINGS = """
token_embedding/embeddings <- embeddings.word_embeddings.weight
segment_embedding/embeddings <- embeddings.token_type_embeddings.weight
embeddings_norm/gamma <- emb_ln.weight
embeddings_norm/beta <- emb_ln.bias
"""
_LAYER = """
attention/query/kernel <- attn.Wqkv.weight[0 of 3] | transpose
attention/key/kernel <- attn.Wqkv.weight[1 of 3] | transpose
attention/value/kernel <- attn.Wqkv.weight[2 of 3] | transpose
attention/output/kernel <- attn.out_proj.weight | transpose
attention_residual/output_norm/gamma <- norm1.weight
attention_residual/output_norm/beta <- norm1.bias
feed_forward/intermediate/kernel <- mlp.fc11.weight | transpose
feed_forward/gate/kernel <- mlp.fc12.weight | transpose
feed_forward/output/kernel <- mlp.fc2.weight | transpose
feed_forward_residual/output_norm/gamma <- norm2.weight
feed_forward_residual/output_norm/beta <- norm2.bias
"""
_POOLER = """
pooled_dense/kernel <- nomic_bert.pooler.dense.weight | transpose ; shared
pooled_dense/bias <- nomic_bert.pooler.dense.bias ; shared
"""
# The published checkpoint has no biases here.
_MASKED_LM = """
masked_lm_head/dense/kernel <- cls.predictions.transform.dense.weight | transpose
masked_lm_head/dense/bias <- cls.predictions.transform.dense.bias ; or zero
masked_lm_head/layer_norm/gamma <- cls.predictions.transform.layer_norm.weight
masked_lm_head/layer_norm/beta <- cls.predictions.transform.layer_norm.bias
masked_lm_head/output_bias <- cls.predictions.bias ; or zero
masked_lm_head/output_bias <- cls.predictions.decoder.bias ; tied
backbone/token_embedding/embeddings <- cls.predictions.decoder.weight ; tied
"""


class NomicBertTokenizer(ClsSepTokenizer):
    """Split text into NomicBERT's word pieces, which are BERT's; see `ClsSepTokenizer`.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "qu", "##ick", "fox"]
        >>> tokenizer = nlpkit.models.NomicBertTokenizer(vocabulary, lowercase=True)
        >>> tokenizer("The quick fox")
        [5, 6, 7, 8]
    """


class NomicBertBackbone(Backbone):
    """NomicBERT's encoder: BERT's, with rotary positions, gated layers and no biases.

    Args:
        dropout: float in [0, 1). Dropout rate of the embeddings and of the output of each
            sub-layer.
        num_segments: int. Number of segment ids (token types).
        attention_dropout: float in [0, 1). Dropout rate of the attention weights.
        head_dim: int or None. Size of each head; None for `hidden_dim / num_heads`.

    Example:
        >>> backbone = nlpkit.models.NomicBertBackbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = NomicBertTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("nomic_bert",)
    hf_architecture: ClassVar[str] = "NomicBertModel"
    hf_prefix: ClassVar[str] = "nomic_bert."
    hf_other_prefixes: ClassVar[tuple[str, ...]] = ("bert.",)
    heads: ClassVar[Heads] = head_tables(
        "NomicBert",
        TextClassifier=("ForSequenceClassification", _POOLER + bert_like.CLASSIFIER),
        TokenClassifier=("ForTokenClassification", bert_like.CLASSIFIER),
        QuestionAnswerer=("", bert_like.QUESTION_ANSWERER),
        MaskedLM=("ForMaskedLM", _MASKED_LM),
    )

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        dropout: float = 0.0,
        max_sequence_length: int = 2048,
        num_segments: int = 2,
        *,
        head_dim: int | None = None,
        rope_max_wavelength: float = 1000.0,
        rope_scaling: Mapping[str, Any] | None = None,
        activation: str = "silu",
        attention_dropout: float = 0.0,
        layer_norm_epsilon: float = 1e-12,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        norm = NormSpec("layer", layer_norm_epsilon)
        attention = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_heads,
            num_key_value_heads=num_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=rope_scaling,
            causal=False,
            dropout=attention_dropout,
        )
        feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=True, use_bias=False)
        residual = ResidualSpec(output=norm, dropout=dropout)
        layer = LayerSpec(attention, residual, feed_forward, residual)
        embedding = EmbeddingSpec(
            vocabulary_size, num_segments=num_segments, norm=norm, dropout=dropout
        )
        stack = StackSpec(hidden_dim, embedding, (layer,) * num_layers, bert_like.INITIALIZER_RANGE)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        return ClassifierHeadSpec("first", activation="tanh")

    def weight_table(self) -> list[Line]:
        return bert_like.table(self.num_layers, _EMBEDDINGS, layer=_LAYER, name="encoder.layers")

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.alias(**_PUBLISHED)
        for name, value in _OPTIONS.items():
            reader.require(name, [value], value)
        reader.ignore(
            *("dense_seq_output", "max_trained_positions", "pad_vocab_size_multiple"),
            *("parallel_block_tied_norm", "reorder_and_upcast_attn", "use_xentropy"),
            "tie_word_embeddings",  # The table's tied lines compare the tensors.
        )
        return {
            **reader.arguments(_CONFIG),
            **read_rope(reader, default_wavelength=1000.0),
            "head_dim": reader.get("head_dim", None, kind=int),
            "activation": reader.require("hidden_act", ACTIVATIONS, "silu"),
        }

    def to_hf_config(self) -> dict[str, Any]:
        return {
            **config_of(self, _CONFIG),
            **write_rope(self.rope_max_wavelength, self.rope_scaling),
            **({} if self.head_dim is None else {"head_dim": self.head_dim}),
            "hidden_act": NAMES[self.activation],
        }


class NomicBertPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with a `NomicBertTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = NomicBertTokenizer


class NomicBertMaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with a `NomicBertTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = NomicBertTokenizer


class NomicBertClassifier(TextClassifier):
    """`TextClassifier` on a `NomicBertBackbone`: dense tanh layer on the first token, then logits."""

    backbone_class: ClassVar[type[Backbone]] = NomicBertBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = NomicBertPreprocessor


class NomicBertMaskedLM(MaskedLM):
    """`MaskedLM` on a `NomicBertBackbone`: dense, layer norm, tied projection."""

    backbone_class: ClassVar[type[Backbone]] = NomicBertBackbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = NomicBertMaskedLMPreprocessor


# As KerasHub names classes of other families.
NomicBertTextClassifier = NomicBertClassifier
NomicBertTextClassifierPreprocessor = NomicBertPreprocessor
