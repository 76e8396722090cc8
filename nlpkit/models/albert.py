"""ALBERT (Lan et al., 2019, https://arxiv.org/abs/1909.11942)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.activations import ACTIVATIONS
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, HeadTable
from nlpkit.backbones.shared import bert_like
from nlpkit.backbones.spec import EmbeddingSpec, NormSpec
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import PLAIN, SENTENCE_PIECES
from nlpkit.presets.layouts.kerashub.encoder import encoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import renamed
from nlpkit.presets.mapping.weight_table import Line, parse
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.sentence_piece.cls_sep_tokenizer import (
    AS_THE_MODEL,
    QUOTES,
    ClsSepPieceTokenizer,
)
from nlpkit.tokenizers.sentence_piece.source import ProtoSource

_CONFIG = {
    **bert_like.CONFIG,
    "vocabulary_size": ("vocab_size", 30000),
    "num_heads": ("num_attention_heads", 64),
    "embedding_dim": ("embedding_size", 128),
    "hidden_dim": ("hidden_size", 4096),
    "intermediate_dim": ("intermediate_size", 16384),
    "num_groups": ("num_hidden_groups", 1),
    "num_inner_repetitions": ("inner_group_num", 1),
    "dropout": ("hidden_dropout_prob", 0.0),
    "attention_dropout": ("attention_probs_dropout_prob", 0.0),
}
_PROJECTION = """
embeddings_projection/kernel <- encoder.embedding_hidden_mapping_in.weight | transpose
embeddings_projection/bias <- encoder.embedding_hidden_mapping_in.bias
"""
_POOLER = bert_like.POOLER.replace("pooler.dense.", "pooler.")
_LAYER = renamed(
    bert_like.LAYER,
    {
        "attention.self.": "attention.",
        "attention.output.": "attention.",
        "<- intermediate.dense": "<- ffn",
        "<- output.dense": "<- ffn_output",
        "<- output.LayerNorm": "<- full_layer_layer_norm",
    },
)
_MASKED_LM = renamed(
    bert_like.MASKED_LM_HEAD,
    {
        "cls.predictions.transform.": "predictions.",
        "cls.predictions.": "predictions.",
        "cls.seq_relationship.": "sop_classifier.",
    },
)
_KERASHUB_EMBEDDINGS = """
token_embedding/embeddings <- layers/reversible_embedding/0
position_embedding/embeddings <- layers/position_embedding/0
segment_embedding/embeddings <- layers/embedding/0
embeddings_norm/gamma <- layers/layer_normalization/0
embeddings_norm/beta <- layers/layer_normalization/1
embeddings_projection/kernel <- layers/dense/0
embeddings_projection/bias <- layers/dense/1
pooled_dense/kernel <- layers/dense_1/0
pooled_dense/bias <- layers/dense_1/1
"""
_KERASHUB = encoder(
    "Albert",
    # There the SentencePiece model alone says what becomes of a text.
    {**SENTENCE_PIECES, "fixed": AS_THE_MODEL},
    arguments=(
        *PLAIN,
        "embedding_dim",
        "num_groups",
        "num_inner_repetitions",
        "max_sequence_length",
        "num_segments",
    ),
    lines=_KERASHUB_EMBEDDINGS,
    fixed={"activation": "gelu_tanh", "layer_norm_epsilon": 1e-12},
    masked_lm={"head_activation": "gelu_tanh", "head_layer_norm_epsilon": 1e-5},
)


class AlbertTokenizer(ClsSepPieceTokenizer):
    """Split text into ALBERT's pieces: a `ClsSepPieceTokenizer` that simplifies text before.

    Args:
        proto: path or bytes. The SentencePiece model.
        lowercase: bool. Whether text is lowercased. Default True.
        strip_accents: bool. Whether accents are removed. Default True.
        replacements: dict of str to str or None. Replacements before that. Default
            {"``": '"', "''": '"'}.
        **kwargs: the other arguments of `ClsSepPieceTokenizer`.

    Example:
        >>> proto = nlpkit.tokenizers.compute_sentence_piece_proto(
        ...     ["the quick brown fox"], 23, special_tokens=["[CLS]", "[SEP]", "[MASK]"]
        ... )
        >>> tokenizer = nlpkit.models.AlbertTokenizer(proto)
        >>> tokenizer.detokenize(tokenizer("Thé Fox"))
        'the fox'
    """

    simplifies: ClassVar[tuple[str, ...]] = ("lowercase", "strip_accents")

    def __init__(
        self,
        proto: ProtoSource | None = None,
        *,
        lowercase: bool = True,
        strip_accents: bool = True,
        replacements: Mapping[str, str] | None = QUOTES,
        **kwargs: Any,
    ) -> None:
        steps: dict[str, Any] = {"lowercase": lowercase, "strip_accents": strip_accents}
        super().__init__(proto, replacements=replacements, **steps, **kwargs)


class AlbertBackbone(Backbone):
    """ALBERT's encoder: BERT's, with narrow embeddings and layers that share their weights.

    Of `num_groups * num_inner_repetitions` layers with weights of their own, each group's run one
    after the other, `num_layers / num_groups` times.

    Args:
        num_layers: int. How often a group runs, of all groups together.
        embedding_dim: int. Size of the embeddings, which are then projected to `hidden_dim`.
        num_groups: int. Number of groups of layers; it divides `num_layers`.
        num_inner_repetitions: int. Number of layers of a group.
        dropout: float in [0, 1). Dropout rate of the embeddings, the attention weights and the
            output of each sub-layer.
        max_sequence_length: int. Number of learned positions: the maximum sequence length.
        num_segments: int. Number of segment ids (token types).
        pooler: bool. Whether there is a pooled output, a dense tanh layer on the first token.
        activation: str. "gelu_tanh", "gelu", the exact form, "relu" or "silu".
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.

    Raises:
        ValueError: `num_groups` does not divide `num_layers`.

    Example:
        >>> backbone = nlpkit.models.AlbertBackbone(
        ...     vocabulary_size=100,
        ...     num_layers=4,
        ...     num_heads=2,
        ...     embedding_dim=4,
        ...     hidden_dim=8,
        ...     intermediate_dim=16,
        ... )
        >>> tuple(backbone([[5, 2, 7]])["sequence_output"].shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = AlbertTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("albert",)
    hf_architecture: ClassVar[str] = "AlbertModel"
    hf_prefix: ClassVar[str] = "albert."
    heads: ClassVar[Heads] = {
        "TextClassifier": HeadTable(
            "AlbertForSequenceClassification",
            bert_like.CLASSIFIER,
            dropout=("classifier_dropout_prob", 0.1),
        ),
        "TokenClassifier": HeadTable(
            "AlbertForTokenClassification",
            bert_like.CLASSIFIER,
            dropout=("classifier_dropout_prob", 0.1),
        ),
        "QuestionAnswerer": HeadTable("AlbertForQuestionAnswering", bert_like.QUESTION_ANSWERER),
        "MaskedLM": HeadTable("AlbertForMaskedLM", _MASKED_LM, ("AlbertForPreTraining",)),
    }
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        embedding_dim: int,
        hidden_dim: int,
        intermediate_dim: int,
        num_groups: int = 1,
        num_inner_repetitions: int = 1,
        dropout: float = 0.0,
        max_sequence_length: int = 512,
        num_segments: int = 2,
        *,
        pooler: bool = True,
        activation: str = "gelu_tanh",
        attention_dropout: float | None = None,
        layer_norm_epsilon: float = 1e-12,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        if num_layers % num_groups:
            raise ValueError(
                f"num_groups must divide num_layers; got num_groups={num_groups}, "
                f"num_layers={num_layers}."
            )
        embedding = EmbeddingSpec(
            vocabulary_size,
            max_sequence_length,
            num_segments,
            norm=NormSpec("layer", layer_norm_epsilon),
            dropout=dropout,
            token_dim=embedding_dim,
            projected="sum",
        )
        inner = range(num_inner_repetitions)
        groups = [i * num_groups // num_layers for i in range(num_layers)]
        stack = bert_like.stack(
            embedding,
            num_groups * num_inner_repetitions,
            num_heads,
            hidden_dim,
            intermediate_dim,
            activation=activation,
            dropout=dropout,
            attention_dropout=attention_dropout,
            layer_norm_epsilon=layer_norm_epsilon,
            order=tuple(group * len(inner) + i for group in groups for i in inner),
            pooler_activation="tanh" if pooler else None,
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        pooler = _POOLER if self.pooler else bert_like.NO_POOLER
        texts = (bert_like.EMBEDDINGS, bert_like.EMBEDDINGS_NORM, _PROJECTION, pooler)
        inner = self.num_inner_repetitions
        return parse("".join(texts)) + [
            line.within(
                f"transformer_layer_{i}/",
                f"encoder.albert_layer_groups.{i // inner}.albert_layers.{i % inner}.",
            )
            for i in range(self.num_groups * inner)
            for line in parse(_LAYER)
        ]

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        # Of the original code, for experiments whose results it does not have.
        reader.ignore("down_scale_factor", "gap_size", "net_structure_type", "num_memory_blocks")
        activation = reader.require("hidden_act", ACTIVATIONS, "gelu_new")
        return {**bert_like.read(reader, _CONFIG), "activation": activation}

    def to_hf_config(self) -> dict[str, Any]:
        return bert_like.write(self, _CONFIG)


class AlbertPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with an `AlbertTokenizer`: `[CLS] a [SEP]`, or with `b [SEP]`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = AlbertTokenizer


class AlbertMaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with an `AlbertTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = AlbertTokenizer


class AlbertClassifier(TextClassifier):
    """`TextClassifier` on an `AlbertBackbone`."""

    backbone_class: ClassVar[type[Backbone]] = AlbertBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = AlbertPreprocessor


class AlbertMaskedLM(MaskedLM):
    """`MaskedLM` on an `AlbertBackbone`: dense to `embedding_dim`, layer norm, tied projection."""

    backbone_class: ClassVar[type[Backbone]] = AlbertBackbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = AlbertMaskedLMPreprocessor


# KerasHub's other names of the same classes.
AlbertTextClassifier = AlbertClassifier
AlbertTextClassifierPreprocessor = AlbertPreprocessor
