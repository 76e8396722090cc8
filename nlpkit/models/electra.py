"""ELECTRA (Clark et al., 2020, https://arxiv.org/abs/2003.10555)."""

from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, head_tables
from nlpkit.backbones.shared import bert_like
from nlpkit.backbones.spec import ClassifierHeadSpec, EmbeddingSpec, MaskedLMHeadSpec, NormSpec
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.encoder import WORD_PIECES
from nlpkit.presets.layouts.kerashub.family import ClassMapping, Family
from nlpkit.presets.layouts.kerashub.layers import BIASED_LAYER, POST_NORM
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.word_piece.cls_sep_tokenizer import ClsSepTokenizer

_CONFIG = {
    **bert_like.CONFIG,
    "num_heads": ("num_attention_heads", 4),
    "hidden_dim": ("hidden_size", 256),
    "embedding_dim": ("embedding_size", 128),
    "intermediate_dim": ("intermediate_size", 1024),
}
_PROJECTION = """
embeddings_projection/kernel <- embeddings_project.weight | transpose
embeddings_projection/bias <- embeddings_project.bias
"""
_DISCRIMINATOR = """
<- discriminator_predictions.* ; other head
"""
_MASKED_LM = """
masked_lm_head/dense/kernel <- generator_predictions.dense.weight | transpose
masked_lm_head/dense/bias <- generator_predictions.dense.bias
masked_lm_head/layer_norm/gamma <- generator_predictions.LayerNorm.weight
masked_lm_head/layer_norm/beta <- generator_predictions.LayerNorm.bias
masked_lm_head/output_bias <- generator_lm_head.bias
backbone/token_embedding/embeddings <- generator_lm_head.weight ; tied
"""
# KerasHub's pooled output is none that ELECTRA was trained with.
_KERASHUB_EMBEDDINGS = """
token_embedding/embeddings <- layers/reversible_embedding/0
position_embedding/embeddings <- layers/position_embedding/0
segment_embedding/embeddings <- layers/embedding/0
embeddings_norm/gamma <- layers/layer_normalization/0
embeddings_norm/beta <- layers/layer_normalization/1
<- layers/dense/* ; buffer
<- layers/dense_1/* ; buffer
"""
_KERASHUB_PROJECTION = """
embeddings_projection/kernel <- layers/dense/0
embeddings_projection/bias <- layers/dense/1
"""
_KERASHUB = Family(
    tokenizer=ClassMapping(("ElectraTokenizer",), "ElectraTokenizer", **WORD_PIECES),
    backbone=ClassMapping(
        ("ElectraBackbone",),
        "ElectraBackbone",
        (
            "vocab_size",
            "num_layers",
            "num_heads",
            "hidden_dim",
            "embedding_dim",
            "intermediate_dim",
            "dropout",
            "max_sequence_length",
            "num_segments",
        ),
        renamed={"vocab_size": "vocabulary_size"},
        fixed={"activation": "gelu_tanh", "layer_norm_epsilon": 1e-12},
        lines=_KERASHUB_EMBEDDINGS,
    ),
    preprocessors=(),
    tasks=(),
    layer=BIASED_LAYER.replace("{norm}", POST_NORM),
    layer_name="transformer_encoder",
    backbone_options={"is_projected": _KERASHUB_PROJECTION},
)


class ElectraTokenizer(ClsSepTokenizer):
    """Split text into ELECTRA's word pieces, which are BERT's; see `ClsSepTokenizer`.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "qu", "##ick", "fox"]
        >>> tokenizer = nlpkit.models.ElectraTokenizer(vocabulary, lowercase=True)
        >>> tokenizer("The quick fox")
        [5, 6, 7, 8]
    """


class ElectraBackbone(Backbone):
    """ELECTRA's encoder: BERT's, on embeddings of a size of their own, without pooled output.

    Args:
        embedding_dim: int. Size of the embeddings, which are projected if it is not `hidden_dim`.
        dropout: float in [0, 1). Dropout rate of the embeddings, the attention weights and the
            output of each sub-layer.
        max_sequence_length: int. Number of learned positions: the maximum sequence length.
        num_segments: int. Number of segment ids (token types).
        activation: str. "gelu", the exact form, "gelu_tanh", "relu" or "silu".
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.

    Example:
        >>> backbone = nlpkit.models.ElectraBackbone(
        ...     vocabulary_size=100,
        ...     num_layers=2,
        ...     num_heads=2,
        ...     hidden_dim=8,
        ...     embedding_dim=4,
        ...     intermediate_dim=16,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = ElectraTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("electra",)
    hf_architecture: ClassVar[str] = "ElectraModel"
    hf_prefix: ClassVar[str] = "electra."
    heads: ClassVar[Heads] = head_tables(
        "Electra",
        TextClassifier=("ForSequenceClassification", bert_like.DENSE_CLASSIFIER + _DISCRIMINATOR),
        TokenClassifier=("ForTokenClassification", bert_like.CLASSIFIER + _DISCRIMINATOR),
        QuestionAnswerer=("ForQuestionAnswering", bert_like.QUESTION_ANSWERER + _DISCRIMINATOR),
        MaskedLM=("ForMaskedLM", _MASKED_LM + _DISCRIMINATOR),
    )
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        embedding_dim: int,
        intermediate_dim: int,
        dropout: float = 0.1,
        max_sequence_length: int = 512,
        num_segments: int = 2,
        *,
        activation: str = "gelu",
        attention_dropout: float | None = None,
        layer_norm_epsilon: float = 1e-12,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        embedding = EmbeddingSpec(
            vocabulary_size,
            max_sequence_length,
            num_segments,
            norm=NormSpec("layer", layer_norm_epsilon),
            dropout=dropout,
            token_dim=None if embedding_dim == hidden_dim else embedding_dim,
            projected="sum",
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
            layer_norm_epsilon=layer_norm_epsilon,
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    @property
    def is_projected(self) -> bool:
        """Whether the embeddings are projected to the hidden size."""
        return bool(self.embedding_dim != self.hidden_dim)

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        return ClassifierHeadSpec("first", activation="gelu", dropout_first=True)

    @property
    def masked_lm_head(self) -> MaskedLMHeadSpec:
        return MaskedLMHeadSpec("gelu", NormSpec("layer", self.layer_norm_epsilon))

    def weight_table(self) -> list[Line]:
        embeddings = bert_like.EMBEDDINGS + bert_like.EMBEDDINGS_NORM
        return bert_like.table(self.num_layers, embeddings, _PROJECTION * self.is_projected)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        return bert_like.read(reader, _CONFIG)

    def to_hf_config(self) -> dict[str, Any]:
        return bert_like.write(self, _CONFIG)


class ElectraPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with an `ElectraTokenizer`: `[CLS] a [SEP]`, or with `b [SEP]`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = ElectraTokenizer


class ElectraMaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with an `ElectraTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = ElectraTokenizer


class ElectraClassifier(TextClassifier):
    """`TextClassifier` on an `ElectraBackbone`: dense GELU layer on the first token, then logits."""

    backbone_class: ClassVar[type[Backbone]] = ElectraBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = ElectraPreprocessor


class ElectraMaskedLM(MaskedLM):
    """`MaskedLM` on an `ElectraBackbone`, the generator: dense, layer norm, tied projection."""

    backbone_class: ClassVar[type[Backbone]] = ElectraBackbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = ElectraMaskedLMPreprocessor


# Names as KerasHub's families have.
ElectraTextClassifier = ElectraClassifier
ElectraTextClassifierPreprocessor = ElectraPreprocessor
