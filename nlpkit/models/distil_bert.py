"""DistilBERT (Sanh et al., 2019, https://arxiv.org/abs/1910.01108)."""

from dataclasses import replace
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, HeadTable
from nlpkit.backbones.shared import bert_like
from nlpkit.backbones.spec import ClassifierHeadSpec, EmbeddingSpec, MaskedLMHeadSpec, NormSpec
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import PLAIN
from nlpkit.presets.layouts.kerashub.encoder import WORD_PIECES, encoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.special.packing import CLS_SEP, Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.word_piece.cls_sep_tokenizer import ClsSepTokenizer

# Neither Hugging Face's configurations nor KerasHub's may change it.
_LAYER_NORM_EPSILON = 1e-12
_CONFIG = {
    "vocabulary_size": ("vocab_size", 30522),
    "num_layers": ("n_layers", 6),
    "num_heads": ("n_heads", 12),
    "hidden_dim": ("dim", 768),
    "intermediate_dim": ("hidden_dim", 3072),
    "dropout": ("dropout", 0.1),
    "max_sequence_length": ("max_position_embeddings", 512),
    "attention_dropout": ("attention_dropout", 0.1),
}
_EMBEDDINGS = """
token_embedding/embeddings <- embeddings.word_embeddings.weight
position_embedding/embeddings <- embeddings.position_embeddings.weight
<- embeddings.position_ids ; buffer
embeddings_norm/gamma <- embeddings.LayerNorm.weight
embeddings_norm/beta <- embeddings.LayerNorm.bias
"""
_LAYER = """
attention/query/kernel <- attention.q_lin.weight | transpose
attention/query/bias <- attention.q_lin.bias
attention/key/kernel <- attention.k_lin.weight | transpose
attention/key/bias <- attention.k_lin.bias
attention/value/kernel <- attention.v_lin.weight | transpose
attention/value/bias <- attention.v_lin.bias
attention/output/kernel <- attention.out_lin.weight | transpose
attention/output/bias <- attention.out_lin.bias
attention_residual/output_norm/gamma <- sa_layer_norm.weight
attention_residual/output_norm/beta <- sa_layer_norm.bias
feed_forward/intermediate/kernel <- ffn.lin1.weight | transpose
feed_forward/intermediate/bias <- ffn.lin1.bias
feed_forward/output/kernel <- ffn.lin2.weight | transpose
feed_forward/output/bias <- ffn.lin2.bias
feed_forward_residual/output_norm/gamma <- output_layer_norm.weight
feed_forward_residual/output_norm/beta <- output_layer_norm.bias
"""
_CLASSIFIER = """
pooled_dense/kernel <- pre_classifier.weight | transpose
pooled_dense/bias <- pre_classifier.bias
logits/kernel <- classifier.weight | transpose
logits/bias <- classifier.bias
"""
_MASKED_LM = """
masked_lm_head/dense/kernel <- vocab_transform.weight | transpose
masked_lm_head/dense/bias <- vocab_transform.bias
masked_lm_head/layer_norm/gamma <- vocab_layer_norm.weight
masked_lm_head/layer_norm/beta <- vocab_layer_norm.bias
masked_lm_head/output_bias <- vocab_projector.bias
backbone/token_embedding/embeddings <- vocab_projector.weight ; tied
"""
_KERASHUB_EMBEDDINGS = """
token_embedding/embeddings <- layers/token_and_position_embedding/token_embedding/0
position_embedding/embeddings <- layers/token_and_position_embedding/position_embedding/0
embeddings_norm/gamma <- layers/layer_normalization/0
embeddings_norm/beta <- layers/layer_normalization/1
"""
_KERASHUB = encoder(
    "DistilBert",
    WORD_PIECES,
    arguments=(*PLAIN, "max_sequence_length"),
    lines=_KERASHUB_EMBEDDINGS,
    fixed={},
    masked_lm={"head_activation": "gelu", "head_layer_norm_epsilon": 1e-5},
    is_dense=True,
)


class DistilBertTokenizer(ClsSepTokenizer):
    """Split text into DistilBERT's word pieces; see `ClsSepTokenizer`. Segments have no numbers.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "qu", "##ick", "fox"]
        >>> tokenizer = nlpkit.models.DistilBertTokenizer(vocabulary, lowercase=True)
        >>> tokenizer("The quick fox")
        [5, 6, 7, 8]
    """

    packing: ClassVar[Packing | None] = replace(CLS_SEP, numbers_segments=False)


class DistilBertBackbone(Backbone):
    """DistilBERT's encoder: BERT's, without segments and pooled output.

    Args:
        dropout: float in [0, 1). Dropout rate of the embeddings, the attention weights and the
            output of each feed-forward layer.
        max_sequence_length: int. Number of learned positions: the maximum sequence length.
        activation: str. "gelu", the exact form, "gelu_tanh", "relu" or "silu".
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.

    Example:
        >>> backbone = nlpkit.models.DistilBertBackbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = DistilBertTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("distilbert",)
    hf_architecture: ClassVar[str] = "DistilBertModel"
    hf_prefix: ClassVar[str] = "distilbert."
    heads: ClassVar[Heads] = {
        "TextClassifier": HeadTable(
            "DistilBertForSequenceClassification",
            _CLASSIFIER,
            dropout=("seq_classif_dropout", 0.2),
        ),
        "TokenClassifier": HeadTable("DistilBertForTokenClassification", bert_like.CLASSIFIER),
        "QuestionAnswerer": HeadTable(
            "DistilBertForQuestionAnswering",
            bert_like.QUESTION_ANSWERER,
            dropout=("qa_dropout", 0.1),
        ),
        "MaskedLM": HeadTable("DistilBertForMaskedLM", _MASKED_LM),
    }
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        dropout: float = 0.1,
        max_sequence_length: int = 512,
        *,
        activation: str = "gelu",
        attention_dropout: float | None = None,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        embedding = EmbeddingSpec(
            vocabulary_size,
            max_sequence_length,
            norm=NormSpec("layer", _LAYER_NORM_EPSILON),
            dropout=dropout,
        )
        stack = bert_like.stack(
            embedding,
            num_layers,
            num_heads,
            hidden_dim,
            intermediate_dim,
            activation=activation,
            dropout=dropout,
            attention_dropout=attention_dropout,
            layer_norm_epsilon=_LAYER_NORM_EPSILON,
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        return ClassifierHeadSpec("first", activation="relu")

    @property
    def masked_lm_head(self) -> MaskedLMHeadSpec:
        return MaskedLMHeadSpec(self.activation, NormSpec("layer", _LAYER_NORM_EPSILON))

    def weight_table(self) -> list[Line]:
        return bert_like.table(self.num_layers, _EMBEDDINGS, layer=_LAYER, name="transformer.layer")

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.alias(hidden_size="dim", num_attention_heads="n_heads", num_hidden_layers="n_layers")
        # The positions are in the checkpoint, whatever they began with.
        reader.ignore("sinusoidal_pos_embds", "tie_weights_")
        return bert_like.read(reader, _CONFIG, activation="activation")

    def to_hf_config(self) -> dict[str, Any]:
        return bert_like.write(self, _CONFIG, activation="activation")


class DistilBertPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with a `DistilBertTokenizer`, as BERT's without segment ids."""

    tokenizer_class: ClassVar[type[Tokenizer]] = DistilBertTokenizer


class DistilBertMaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with a `DistilBertTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = DistilBertTokenizer


class DistilBertClassifier(TextClassifier):
    """`TextClassifier` on a `DistilBertBackbone`: dense ReLU layer on the first token, logits."""

    backbone_class: ClassVar[type[Backbone]] = DistilBertBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = DistilBertPreprocessor


class DistilBertMaskedLM(MaskedLM):
    """`MaskedLM` on a `DistilBertBackbone`: dense, layer norm, tied projection."""

    backbone_class: ClassVar[type[Backbone]] = DistilBertBackbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = DistilBertMaskedLMPreprocessor


# KerasHub's other names of the same classes.
DistilBertTextClassifier = DistilBertClassifier
DistilBertTextClassifierPreprocessor = DistilBertPreprocessor
