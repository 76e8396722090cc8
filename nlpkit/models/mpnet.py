"""MPNet (Song et al., 2020, https://arxiv.org/abs/2004.09297)."""

from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, head_tables
from nlpkit.backbones.shared import bert_like
from nlpkit.backbones.spec import (
    ClassifierHeadSpec,
    EmbeddingSpec,
    MaskedLMHeadSpec,
    NormSpec,
    RelativeBiasSpec,
)
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.base.vocabulary import VocabularySource
from nlpkit.tokenizers.word_piece.cls_sep_tokenizer import ClsSepTokenizer

# Positions are counted from the id of the padding token, of which the first rows are a relic.
_POSITION_OFFSET = 2
# Hugging Face's class computes with these whatever its configuration says.
_NUM_BUCKETS, _MAX_DISTANCE = 32, 128
_CONFIG = {
    name: key
    for name, key in {**bert_like.CONFIG, "vocabulary_size": ("vocab_size", 30527)}.items()
    if name != "num_segments"
}
_EMBEDDINGS = """
token_embedding/embeddings <- embeddings.word_embeddings.weight
position_embedding/embeddings <- embeddings.position_embeddings.weight
relative/table/embeddings <- encoder.relative_attention_bias.weight
<- embeddings.position_ids ; buffer
"""
_LAYER = (
    bert_like.LAYER.replace("attention.self.query", "attention.attn.q")
    .replace("attention.self.key", "attention.attn.k")
    .replace("attention.self.value", "attention.attn.v")
    .replace("attention.output.dense", "attention.attn.o")
    .replace("attention.output.LayerNorm", "attention.LayerNorm")
)


class MPNetTokenizer(ClsSepTokenizer):
    """Split text into MPNet's word pieces: BERT's, with other special tokens around segments.

    Arguments as `ClsSepTokenizer`, with other defaults.

    Args:
        cls_token: str. Starts every sequence. Default "<s>".
        sep_token: str. Ends every segment, twice between two. Default "</s>".
        pad_token: str. Default "<pad>".
        mask_token: str. Default "<mask>".

    Example:
        >>> vocabulary = ["<s>", "<pad>", "</s>", "[UNK]", "the", "qu", "##ick", "fox", "<mask>"]
        >>> tokenizer = nlpkit.models.MPNetTokenizer(vocabulary, lowercase=True)
        >>> tokenizer("The quick fox")
        [4, 5, 6, 7]
    """

    packing: ClassVar[Packing | None] = Packing(
        ("cls_token",), ("sep_token", "sep_token"), ("sep_token",)
    )
    hf_class: ClassVar[str] = "MPNetTokenizer"

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        lowercase: bool = False,
        strip_accents: bool | None = None,
        *,
        cls_token: str = "<s>",
        sep_token: str = "</s>",
        pad_token: str = "<pad>",
        mask_token: str = "<mask>",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            vocabulary,
            lowercase,
            strip_accents,
            cls_token=cls_token,
            sep_token=sep_token,
            pad_token=pad_token,
            mask_token=mask_token,
            **kwargs,
        )


class MPNetBackbone(Backbone):
    """MPNet's encoder: BERT's, with biases by distance, without segments and pooled output.

    Args:
        dropout: float in [0, 1). Dropout rate of the embeddings, the attention weights and the
            output of each sub-layer.
        max_sequence_length: int. Number of learned positions: the maximum sequence length.
        activation: str. "gelu", the exact form, "gelu_tanh", "relu" or "silu".
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.

    Example:
        >>> backbone = nlpkit.models.MPNetBackbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = MPNetTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("mpnet",)
    hf_architecture: ClassVar[str] = "MPNetModel"
    hf_prefix: ClassVar[str] = "mpnet."
    heads: ClassVar[Heads] = head_tables(
        "MPNet",
        TextClassifier=("ForSequenceClassification", bert_like.DENSE_CLASSIFIER),
        TokenClassifier=("ForTokenClassification", bert_like.CLASSIFIER),
        QuestionAnswerer=("ForQuestionAnswering", bert_like.QUESTION_ANSWERER),
        MaskedLM=("ForMaskedLM", bert_like.LM_HEAD),
    )

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
        layer_norm_epsilon: float = 1e-12,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        embedding = EmbeddingSpec(
            vocabulary_size,
            max_sequence_length,
            norm=NormSpec("layer", layer_norm_epsilon),
            dropout=dropout,
            position_offset=_POSITION_OFFSET,
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
            relative=RelativeBiasSpec(num_heads, _NUM_BUCKETS, _MAX_DISTANCE, bidirectional=True),
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        return ClassifierHeadSpec("first", activation="tanh", dropout_first=True)

    @property
    def masked_lm_head(self) -> MaskedLMHeadSpec:
        return MaskedLMHeadSpec("gelu", NormSpec("layer", self.layer_norm_epsilon))

    def weight_table(self) -> list[Line]:
        texts = (_EMBEDDINGS, bert_like.EMBEDDINGS_NORM, bert_like.NO_POOLER)
        return bert_like.table(self.num_layers, *texts, layer=_LAYER)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("pad_token_id", [_POSITION_OFFSET - 1], _POSITION_OFFSET - 1)
        reader.require("relative_attention_num_buckets", [_NUM_BUCKETS], _NUM_BUCKETS)
        arguments = bert_like.read(reader, _CONFIG)
        arguments["max_sequence_length"] -= _POSITION_OFFSET
        return arguments

    def to_hf_config(self) -> dict[str, Any]:
        return {
            **bert_like.write(self, _CONFIG),
            "max_position_embeddings": self.max_sequence_length + _POSITION_OFFSET,
            "pad_token_id": _POSITION_OFFSET - 1,
        }


class MPNetPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with an `MPNetTokenizer`: `<s> a </s>`, or with `</s> b </s>`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = MPNetTokenizer


class MPNetMaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with an `MPNetTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = MPNetTokenizer


class MPNetClassifier(TextClassifier):
    """`TextClassifier` on an `MPNetBackbone`: dense tanh layer on the first token, then logits."""

    backbone_class: ClassVar[type[Backbone]] = MPNetBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = MPNetPreprocessor


class MPNetMaskedLM(MaskedLM):
    """`MaskedLM` on an `MPNetBackbone`: dense, layer norm, tied projection."""

    backbone_class: ClassVar[type[Backbone]] = MPNetBackbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = MPNetMaskedLMPreprocessor


# As KerasHub names classes of other families.
MPNetTextClassifier = MPNetClassifier
MPNetTextClassifierPreprocessor = MPNetPreprocessor
