"""BERT (Devlin et al., 2018, https://arxiv.org/abs/1810.04805)."""

from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, HeadTable
from nlpkit.backbones.shared import bert_like
from nlpkit.backbones.spec import EmbeddingSpec, NormSpec
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import PLAIN
from nlpkit.presets.layouts.kerashub.encoder import WORD_PIECES, encoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.word_piece.cls_sep_tokenizer import ClsSepTokenizer

_KERASHUB_EMBEDDINGS = """
token_embedding/embeddings <- layers/reversible_embedding/0
position_embedding/embeddings <- layers/position_embedding/0
segment_embedding/embeddings <- layers/embedding/0
embeddings_norm/gamma <- layers/layer_normalization/0
embeddings_norm/beta <- layers/layer_normalization/1
pooled_dense/kernel <- layers/dense/0
pooled_dense/bias <- layers/dense/1
"""
_KERASHUB = encoder(
    "Bert",
    WORD_PIECES,
    arguments=(*PLAIN, "max_sequence_length", "num_segments"),
    lines=_KERASHUB_EMBEDDINGS,
    fixed={"activation": "gelu_tanh", "layer_norm_epsilon": 1e-12},
    masked_lm={"head_activation": "gelu", "head_layer_norm_epsilon": 1e-5},
)


class BertTokenizer(ClsSepTokenizer):
    """Split text into BERT's word pieces; see `ClsSepTokenizer`.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "qu", "##ick", "fox"]
        >>> tokenizer = nlpkit.models.BertTokenizer(vocabulary, lowercase=True)
        >>> tokenizer("The quick fox")
        [5, 6, 7, 8]
        >>> tokenizer.cls_token_id
        2
    """


class BertBackbone(Backbone):
    """BERT's encoder.

    Args:
        dropout: float in [0, 1). Dropout rate of the embeddings, the attention weights and the
            output of each sub-layer.
        max_sequence_length: int. Number of learned positions: the maximum sequence length.
        num_segments: int. Number of segment ids (token types).
        pooler: bool. Whether there is a pooled output; without it the backbone returns the sequence
            output alone, and Hugging Face's tensors of a pooler are ignored. Default True.
        activation: str. "gelu", the exact form, as in the original; "gelu_tanh" for weights trained
            with the approximation (KerasHub's).
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.

    Call arguments:
        inputs: dict of `token_ids` (int), `padding_mask` (bool, True = real token), `segment_ids`
            (int), and optionally `positions` and `sequence_ids` (int), all `[batch, seq]`.

    Returns:
        dict of `sequence_output` `[batch, seq, hidden_dim]` and `pooled_output`
        `[batch, hidden_dim]`, a dense tanh layer on the first token; without a pooler the former
        alone.

    Example:
        >>> backbone = nlpkit.models.BertBackbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> tuple(backbone([[5, 2, 7]])["pooled_output"].shape)
        (1, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = BertTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("bert",)
    hf_architecture: ClassVar[str] = "BertModel"
    hf_prefix: ClassVar[str] = "bert."
    heads: ClassVar[Heads] = {
        "TextClassifier": HeadTable("BertForSequenceClassification", bert_like.CLASSIFIER),
        "TokenClassifier": HeadTable("BertForTokenClassification", bert_like.CLASSIFIER),
        "QuestionAnswerer": HeadTable("BertForQuestionAnswering", bert_like.QUESTION_ANSWERER),
        "MaskedLM": HeadTable("BertForMaskedLM", bert_like.MASKED_LM_HEAD, ("BertForPreTraining",)),
    }
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)
    cls_token_index: ClassVar[int] = 0

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        dropout: float = 0.1,
        max_sequence_length: int = 512,
        num_segments: int = 2,
        *,
        pooler: bool = True,
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
            pooler_activation="tanh" if pooler else None,
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        embeddings = bert_like.EMBEDDINGS + bert_like.EMBEDDINGS_NORM
        pooler = bert_like.POOLER if self.pooler else bert_like.NO_POOLER
        return bert_like.table(self.num_layers, embeddings, pooler)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        return bert_like.read(reader)

    def to_hf_config(self) -> dict[str, Any]:
        return bert_like.write(self)


class BertPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with a `BertTokenizer`: `[CLS] a [SEP]`, or with `b [SEP]`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = BertTokenizer


class BertMaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with a `BertTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = BertTokenizer


class BertClassifier(TextClassifier):
    """`TextClassifier` on a `BertBackbone`."""

    backbone_class: ClassVar[type[Backbone]] = BertBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = BertPreprocessor


class BertMaskedLM(MaskedLM):
    """`MaskedLM` on a `BertBackbone`, with BERT's head: dense, layer norm, tied projection."""

    backbone_class: ClassVar[type[Backbone]] = BertBackbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = BertMaskedLMPreprocessor


# KerasHub's other names of the same classes.
BertTextClassifier = BertClassifier
BertTextClassifierPreprocessor = BertPreprocessor
