"""RoBERTa (Liu et al., 2019, 1907.11692) and XLM-RoBERTa (Conneau et al., 2019, 1911.02116)."""

from collections.abc import Sequence
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
)
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import PLAIN, SENTENCE_PIECES, byte_pairs
from nlpkit.presets.layouts.kerashub.encoder import encoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.family_tokenizers import StartEndMaskTokenizer
from nlpkit.tokenizers.sentence_piece.proto import Piece
from nlpkit.tokenizers.sentence_piece.start_end_tokenizer import (
    StartEndMaskPieceTokenizer,
    fairseq_pieces,
)

# Positions are counted from the id of the padding token, of which the first rows are a relic.
_POSITION_OFFSET = 2
_CONFIG = {**bert_like.CONFIG, "vocabulary_size": ("vocab_size", 50265)}
_PRE_NORM_LAYER = (
    bert_like.LAYER.replace("output_norm/", "pre_norm/")
    .replace("attention.output.LayerNorm", "attention.self_attn_layer_norm")
    .replace("<- output.LayerNorm", "<- LayerNorm")
)
_FINAL_NORM = """
final_norm/gamma <- encoder.LayerNorm.weight
final_norm/beta <- encoder.LayerNorm.bias
"""
_KERASHUB_EMBEDDINGS = """
token_embedding/embeddings <- layers/token_and_position_embedding/token_embedding/0
position_embedding/embeddings <- layers/token_and_position_embedding/position_embedding/0 | after 2 rows
segment_embedding/embeddings <- layers/segment_embedding/0 ; or zero
embeddings_norm/gamma <- layers/layer_normalization/0
embeddings_norm/beta <- layers/layer_normalization/1
"""


def _heads(name: str, *others: str) -> Heads:
    return head_tables(
        name,
        *others,
        TextClassifier=("ForSequenceClassification", bert_like.DENSE_CLASSIFIER),
        TokenClassifier=("ForTokenClassification", bert_like.CLASSIFIER),
        QuestionAnswerer=("ForQuestionAnswering", bert_like.QUESTION_ANSWERER),
        MaskedLM=("ForMaskedLM", bert_like.LM_HEAD),
    )


def _kerashub(name: str, tokenizer: Any) -> Family:
    return encoder(
        name,
        tokenizer,
        arguments=(*PLAIN, "max_sequence_length"),
        lines=_KERASHUB_EMBEDDINGS,
        fixed={"layer_norm_epsilon": 1e-5},
        masked_lm={"head_activation": "gelu", "head_layer_norm_epsilon": 1e-5},
        is_dense=True,
    )


class RobertaTokenizer(StartEndMaskTokenizer):
    """Split text into RoBERTa's byte pairs, which are GPT-2's; see `StartEndMaskTokenizer`.

    Example:
        >>> vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<mask>": 3, "a": 4, "Ġ": 5, "b": 6}
        >>> tokenizer = nlpkit.models.RobertaTokenizer(vocabulary, [])
        >>> tokenizer("a b")
        [4, 5, 6]
    """


class XLMRobertaTokenizer(StartEndMaskPieceTokenizer):
    """Split text into XLM-RoBERTa's pieces; see `StartEndMaskPieceTokenizer`.

    A SentencePiece model without "<mask>" gets the ids of the published checkpoints: "<s>",
    "<pad>", "</s>" and "<unk>" first, "<mask>" last.

    Example:
        >>> proto = nlpkit.tokenizers.compute_sentence_piece_proto(["the quick brown fox"], 20)
        >>> tokenizer = nlpkit.models.XLMRobertaTokenizer(proto)
        >>> tokenizer.pad_token_id, tokenizer.id_to_token(tokenizer.vocabulary_size() - 1)
        (1, '<mask>')
    """

    proto_file: ClassVar[str] = "sentencepiece.bpe.model"

    def _arrange(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        return fairseq_pieces(pieces, (self.mask_token,))


class RobertaBackbone(Backbone):
    """RoBERTa's encoder: BERT's, without pooled output.

    Args:
        dropout: float in [0, 1). Dropout rate of the embeddings, the attention weights and the
            output of each sub-layer.
        max_sequence_length: int. Number of learned positions: the maximum sequence length.
        num_segments: int. Number of segment ids (token types); 1 needs no input.
        activation: str. "gelu", the exact form, "gelu_tanh", "relu" or "silu".
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.
        normalize_first: bool. Whether layers are normalized before their sub-layers, and after the
            last one, as in XLM-RoBERTa XL (Goyal et al., 2021, arXiv:2105.00572).

    Example:
        >>> backbone = nlpkit.models.RobertaBackbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = RobertaTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("roberta",)
    hf_architecture: ClassVar[str] = "RobertaModel"
    hf_prefix: ClassVar[str] = "roberta."
    heads: ClassVar[Heads] = _heads("Roberta")
    kerashub: ClassVar[tuple[Family, ...]] = (
        _kerashub("Roberta", byte_pairs("<s>", "<pad>", "</s>", "<mask>")),
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
        num_segments: int = 1,
        activation: str = "gelu",
        attention_dropout: float | None = None,
        layer_norm_epsilon: float = 1e-5,
        normalize_first: bool = False,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        embedding = EmbeddingSpec(
            vocabulary_size,
            max_sequence_length,
            num_segments,
            norm=None if normalize_first else NormSpec("layer", layer_norm_epsilon),
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
            normalize_first=normalize_first,
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        return ClassifierHeadSpec("first", activation="tanh", dropout_first=True)

    @property
    def masked_lm_head(self) -> MaskedLMHeadSpec:
        return MaskedLMHeadSpec("gelu", NormSpec("layer", self.layer_norm_epsilon))

    def weight_table(self) -> list[Line]:
        texts = (bert_like.EMBEDDINGS, bert_like.NO_POOLER)
        if self.normalize_first:
            return bert_like.table(self.num_layers, *texts, _FINAL_NORM, layer=_PRE_NORM_LAYER)
        return bert_like.table(self.num_layers, *texts, bert_like.EMBEDDINGS_NORM)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("pad_token_id", [_POSITION_OFFSET - 1], _POSITION_OFFSET - 1)
        arguments = bert_like.read(reader, _CONFIG)
        arguments["max_sequence_length"] -= _POSITION_OFFSET
        is_first = reader.get("model_type", "roberta") == "xlm-roberta-xl"
        return {**arguments, "normalize_first": is_first}

    def hf_class_name(self, name: str) -> str:
        usual = self.hf_architecture.removesuffix("Model")
        return name.replace(usual, "XLMRobertaXL", 1) if self.normalize_first else name

    def to_hf_config(self) -> dict[str, Any]:
        return {
            **bert_like.write(self, _CONFIG),
            **({"model_type": "xlm-roberta-xl"} if self.normalize_first else {}),
            "max_position_embeddings": self.max_sequence_length + _POSITION_OFFSET,
            "pad_token_id": _POSITION_OFFSET - 1,
        }


class XLMRobertaBackbone(RobertaBackbone):
    """XLM-RoBERTa's encoder: RoBERTa's, for a hundred languages; arguments as `RobertaBackbone`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = XLMRobertaTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("xlm-roberta", "xlm-roberta-xl")
    hf_architecture: ClassVar[str] = "XLMRobertaModel"
    heads: ClassVar[Heads] = _heads("XLMRoberta", "XLMRobertaXL")
    kerashub: ClassVar[tuple[Family, ...]] = (_kerashub("XLMRoberta", SENTENCE_PIECES),)


class RobertaPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with a `RobertaTokenizer`: `<s> a </s>`, or with `</s> b </s>`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = RobertaTokenizer


class RobertaMaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with a `RobertaTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = RobertaTokenizer


class RobertaClassifier(TextClassifier):
    """`TextClassifier` on a `RobertaBackbone`: dense tanh layer on the first token, then logits."""

    backbone_class: ClassVar[type[Backbone]] = RobertaBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = RobertaPreprocessor


class RobertaMaskedLM(MaskedLM):
    """`MaskedLM` on a `RobertaBackbone`: dense, layer norm, tied projection."""

    backbone_class: ClassVar[type[Backbone]] = RobertaBackbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = RobertaMaskedLMPreprocessor


class XLMRobertaPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with an `XLMRobertaTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = XLMRobertaTokenizer


class XLMRobertaMaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with an `XLMRobertaTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = XLMRobertaTokenizer


class XLMRobertaClassifier(TextClassifier):
    """`TextClassifier` on an `XLMRobertaBackbone`, with RoBERTa's head."""

    backbone_class: ClassVar[type[Backbone]] = XLMRobertaBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = XLMRobertaPreprocessor


class XLMRobertaMaskedLM(MaskedLM):
    """`MaskedLM` on an `XLMRobertaBackbone`, with RoBERTa's head."""

    backbone_class: ClassVar[type[Backbone]] = XLMRobertaBackbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = XLMRobertaMaskedLMPreprocessor


# KerasHub's other names of the same classes.
RobertaTextClassifier = RobertaClassifier
RobertaTextClassifierPreprocessor = RobertaPreprocessor
XLMRobertaTextClassifier = XLMRobertaClassifier
XLMRobertaTextClassifierPreprocessor = XLMRobertaPreprocessor
