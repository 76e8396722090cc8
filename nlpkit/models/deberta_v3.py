"""DeBERTa v2 (He et al., 2020, 2006.03654) and v3 (He et al., 2021, 2111.09543)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.activations import ACTIVATIONS, NAMES
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, HeadTable
from nlpkit.backbones.shared import bert_like
from nlpkit.backbones.shared.disentangled import TERMS, ConvolutionSpec, disentangled
from nlpkit.backbones.spec import ClassifierHeadSpec, EmbeddingSpec, NormSpec
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import PLAIN, SENTENCE_PIECES
from nlpkit.presets.layouts.kerashub.encoder import encoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import FLAT_OUTPUT_LAYER, POST_NORM
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.special.packing import CLS_SEP, Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.sentence_piece.cls_sep_tokenizer import ClsSepMaskPieceTokenizer

_CONFIG = {
    "vocabulary_size": ("vocab_size", 128100),
    "num_layers": ("num_hidden_layers", 24),
    "num_heads": ("num_attention_heads", 24),
    "hidden_dim": ("hidden_size", 1536),
    "intermediate_dim": ("intermediate_size", 6144),
    "dropout": ("hidden_dropout_prob", 0.1),
    "max_sequence_length": ("max_position_embeddings", 512),
    "attention_dropout": ("attention_probs_dropout_prob", 0.1),
    "layer_norm_epsilon": ("layer_norm_eps", 1e-7),
    "position_biased_input": ("position_biased_input", True),
    "share_att_key": ("share_att_key", False),
    "conv_kernel_size": ("conv_kernel_size", 0),
    "legacy_head": ("legacy", True),
}
_EMBEDDINGS = """
token_embedding/embeddings <- embeddings.word_embeddings.weight
<- embeddings.position_ids ; buffer
"""
_POSITIONS = "position_embedding/embeddings <- embeddings.position_embeddings.weight\n"
_NO_POSITIONS = "<- embeddings.position_embeddings.* ; buffer\n"
_RELATIVE = "relative/embeddings <- encoder.rel_embeddings.weight\n"
_RELATIVE_NORM = """
relative/norm/gamma <- encoder.LayerNorm.weight
relative/norm/beta <- encoder.LayerNorm.bias
"""
_CONVOLUTION = """
convolution/kernel <- encoder.conv.conv.weight | transpose
convolution/bias <- encoder.conv.conv.bias
convolution/norm/gamma <- encoder.conv.LayerNorm.weight
convolution/norm/beta <- encoder.conv.LayerNorm.bias
"""
_LAYER = bert_like.LAYER
for _name in ("query", "key", "value"):
    _LAYER = _LAYER.replace(f"self.{_name}.", f"self.{_name}_proj.")
_POSITION_KEY = """
attention/position_key/kernel <- attention.self.pos_key_proj.weight | transpose
attention/position_key/bias <- attention.self.pos_key_proj.bias
"""
_POSITION_QUERY = _POSITION_KEY.replace("_key", "_query")
_OTHER_HEADS = """
<- mask_predictions.* ; other head
"""
_POOLER = """
pooled_dense/kernel <- pooler.dense.weight | transpose
pooled_dense/bias <- pooler.dense.bias
"""
_TOKEN_CLASSIFIER = bert_like.CLASSIFIER + _OTHER_HEADS
_ANSWERS = bert_like.QUESTION_ANSWERER + _OTHER_HEADS
_LEGACY_HEAD = bert_like.MASKED_LM_HEAD + _OTHER_HEADS
_HEAD = _LEGACY_HEAD.replace(".transform", "").replace("cls.predictions", "lm_predictions.lm_head")
_KERASHUB_EMBEDDINGS = """
token_embedding/embeddings <- layers/reversible_embedding/0
embeddings_norm/gamma <- layers/layer_normalization/0
embeddings_norm/beta <- layers/layer_normalization/1
relative/embeddings <- layers/relative_embedding/0
relative/norm/gamma <- layers/relative_embedding/layer_norm/0
relative/norm/beta <- layers/relative_embedding/layer_norm/1
"""
_KERASHUB = encoder(
    "DebertaV3",
    SENTENCE_PIECES,
    arguments=(*PLAIN, "max_sequence_length", "bucket_size"),
    lines=_KERASHUB_EMBEDDINGS,
    fixed={},
    masked_lm={"head_activation": "gelu", "head_layer_norm_epsilon": 1e-5},
    is_dense=True,
    layer=FLAT_OUTPUT_LAYER.replace("{norm}", POST_NORM),
    layer_name="disentangled_attention_encoder",
)


class DebertaV3Tokenizer(ClsSepMaskPieceTokenizer):
    """Split text into DeBERTa's pieces; see `ClsSepMaskPieceTokenizer`. Segments have no numbers.

    Example:
        >>> proto = nlpkit.tokenizers.compute_sentence_piece_proto(
        ...     ["the quick brown fox"], 23, special_tokens=["[PAD]", "[CLS]", "[SEP]"]
        ... )
        >>> tokenizer = nlpkit.models.DebertaV3Tokenizer(proto)
        >>> tokenizer.id_to_token(tokenizer.vocabulary_size() - 1)
        '[MASK]'
    """

    packing: ClassVar[Packing] = replace(CLS_SEP, numbers_segments=False)
    proto_file: ClassVar[str] = "spm.model"


class DebertaV3Backbone(Backbone):
    """DeBERTa's encoder: BERT's with attention to distances, without segments and pooled output.

    Args:
        dropout: float in [0, 1). Dropout rate of the embeddings, the attention weights and the
            output of each sub-layer.
        max_sequence_length: int. Largest distance of tokens that counts, and the number of learned
            positions if there are any.
        bucket_size: int or None. Number of buckets of distances each way; None for a bucket each.
        pos_att_type: list of str. What is added to the attention scores: "c2p", of queries with
            embeddings of distances, and "p2c", of these with keys; an empty list for neither.
        share_att_key: bool. Whether embeddings of distances are projected as queries and keys are.
        norm_rel_ebd: bool. Whether embeddings of distances are normalized.
        position_biased_input: bool. Whether positions are embedded too.
        conv_kernel_size: int. Size of a convolution of embeddings beside the first layer, an odd
            number; 0 for none.
        conv_act: str. Its activation, "tanh" or as `activation`.
        activation: str. "gelu", the exact form, "gelu_tanh", "relu" or "silu".
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.
        legacy_head: bool. Whether Hugging Face's files of a `MaskedLM` are of the older form.

    Example:
        >>> backbone = nlpkit.models.DebertaV3Backbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = DebertaV3Tokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("deberta-v2",)
    hf_architecture: ClassVar[str] = "DebertaV2Model"
    hf_prefix: ClassVar[str] = "deberta."
    heads: ClassVar[Heads] = {
        "TextClassifier": HeadTable(
            "DebertaV2ForSequenceClassification",
            _POOLER + _TOKEN_CLASSIFIER,
            dropout=("cls_dropout", None),
        ),
        "TokenClassifier": HeadTable("DebertaV2ForTokenClassification", _TOKEN_CLASSIFIER),
        "QuestionAnswerer": HeadTable("DebertaV2ForQuestionAnswering", _ANSWERS),
        "MaskedLM": HeadTable("DebertaV2ForMaskedLM", _LEGACY_HEAD, variant=("legacy_head", _HEAD)),
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
        bucket_size: int | None = 256,
        *,
        pos_att_type: Sequence[str] = TERMS,
        share_att_key: bool = True,
        norm_rel_ebd: bool = True,
        position_biased_input: bool = False,
        conv_kernel_size: int = 0,
        conv_act: str = "tanh",
        activation: str = "gelu",
        attention_dropout: float | None = None,
        layer_norm_epsilon: float = 1e-7,
        legacy_head: bool = True,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        if conv_kernel_size and not conv_kernel_size % 2:
            raise ValueError(f"conv_kernel_size must be odd, or 0; got {conv_kernel_size}.")
        norm = NormSpec("layer", layer_norm_epsilon)
        positions = max_sequence_length if position_biased_input else None
        embedding = EmbeddingSpec(vocabulary_size, positions, norm=norm, dropout=dropout)
        convolution = ConvolutionSpec(conv_kernel_size, conv_act, dropout, layer_norm_epsilon)
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
            convolution=convolution if conv_kernel_size else None,
        )
        stack = disentangled(
            stack,
            pos_att_type,
            shared=share_att_key,
            dropout=dropout,
            bucket_size=bucket_size,
            max_distance=max_sequence_length,
            layer_norm_epsilon=layer_norm_epsilon if norm_rel_ebd else None,
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        return ClassifierHeadSpec("first", activation="gelu")

    def weight_table(self) -> list[Line]:
        terms = self.pos_att_type
        apart = () if self.share_att_key else terms
        return bert_like.table(
            self.num_layers,
            _EMBEDDINGS + bert_like.EMBEDDINGS_NORM,
            _POSITIONS if self.position_biased_input else _NO_POSITIONS,
            _RELATIVE if terms else "",
            _RELATIVE_NORM if terms and self.norm_rel_ebd else "",
            _CONVOLUTION if self.conv_kernel_size else "",
            layer=_LAYER + _POSITION_KEY * ("c2p" in apart) + _POSITION_QUERY * ("p2c" in apart),
        )

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.ignore("cls_dropout")
        arguments = bert_like.read(reader, _CONFIG)
        width = arguments["hidden_dim"]
        for key, value in {
            "attention_head_size": width // arguments["num_heads"],
            "embedding_size": width,
            "pooler_hidden_size": width,
            "pooler_dropout": 0,
            "pooler_hidden_act": "gelu",
            "type_vocab_size": 0,
            "conv_groups": 1,
        }.items():
            reader.require(key, [value], value)
        terms = reader.get("pos_att_type", [], kind=object)
        terms = terms.replace(" ", "").lower().split("|") if isinstance(terms, str) else terms
        reader.require("relative_attention", [bool(terms)], False)
        reader.require("max_relative_positions", [-1, arguments["max_sequence_length"]], -1)
        buckets = reader.get("position_buckets", -1)
        return {
            **arguments,
            "bucket_size": buckets if buckets > 0 else None,
            "pos_att_type": terms,
            "norm_rel_ebd": reader.require(
                "norm_rel_ebd", {"layer_norm": True, "none": False}, "none"
            ),
            "conv_act": reader.require("conv_act", ACTIVATIONS, "tanh"),
        }

    def to_hf_config(self) -> dict[str, Any]:
        return {
            **bert_like.write(self, _CONFIG),
            "position_buckets": self.bucket_size or -1,
            "relative_attention": bool(self.pos_att_type),
            "pos_att_type": [*self.pos_att_type],
            "norm_rel_ebd": "layer_norm" if self.norm_rel_ebd else "none",
            "conv_act": NAMES[self.conv_act],
        }


class DebertaV3Preprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with a `DebertaV3Tokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = DebertaV3Tokenizer


class DebertaV3MaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with a `DebertaV3Tokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = DebertaV3Tokenizer


class DebertaV3Classifier(TextClassifier):
    """`TextClassifier` on a `DebertaV3Backbone`: dense layer on the first token, then logits."""

    backbone_class: ClassVar[type[Backbone]] = DebertaV3Backbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = DebertaV3Preprocessor


class DebertaV3MaskedLM(MaskedLM):
    """`MaskedLM` on a `DebertaV3Backbone`: dense, layer norm, tied projection."""

    backbone_class: ClassVar[type[Backbone]] = DebertaV3Backbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = DebertaV3MaskedLMPreprocessor


# KerasHub's other names of the same classes.
DebertaV3TextClassifier = DebertaV3Classifier
DebertaV3TextClassifierPreprocessor = DebertaV3Preprocessor
