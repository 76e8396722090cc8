"""FNet (Lee-Thorp et al., 2021, https://arxiv.org/abs/2105.03824)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.activations import ACTIVATIONS
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, head_tables
from nlpkit.backbones.shared import bert_like
from nlpkit.backbones.spec import (
    EmbeddingSpec,
    FeedForwardSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    StackSpec,
)
from nlpkit.modules.mixing.fourier_mixing import FourierMixing
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import SENTENCE_PIECES, SIZES
from nlpkit.presets.layouts.kerashub.encoder import encoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.mapping.weight_table import Line
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
    "vocabulary_size": ("vocab_size", 32000),
    "num_layers": ("num_hidden_layers", 12),
    "hidden_dim": ("hidden_size", 768),
    "intermediate_dim": ("intermediate_size", 3072),
    "dropout": ("hidden_dropout_prob", 0.1),
    "max_sequence_length": ("max_position_embeddings", 512),
    "num_segments": ("type_vocab_size", 4),
    "layer_norm_epsilon": ("layer_norm_eps", 1e-12),
}
_PROJECTION = """
embeddings_projection/kernel <- embeddings.projection.weight | transpose
embeddings_projection/bias <- embeddings.projection.bias
"""
_LAYER = bert_like.LAYER[bert_like.LAYER.index("attention_residual") :].replace(
    "attention.output", "fourier.output"
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
_KERASHUB_LAYER = """
attention_residual/output_norm/gamma <- mixing_layer_norm/0
attention_residual/output_norm/beta <- mixing_layer_norm/1
feed_forward/intermediate/kernel <- intermediate_dense/0
feed_forward/intermediate/bias <- intermediate_dense/1
feed_forward/output/kernel <- output_dense/0
feed_forward/output/bias <- output_dense/1
feed_forward_residual/output_norm/gamma <- output_layer_norm/0
feed_forward_residual/output_norm/beta <- output_layer_norm/1
"""
_KERASHUB = encoder(
    "FNet",
    # There the SentencePiece model alone says what becomes of a text.
    {**SENTENCE_PIECES, "fixed": AS_THE_MODEL},
    arguments=(*SIZES, "dropout", "max_sequence_length", "num_segments"),
    lines=_KERASHUB_EMBEDDINGS,
    fixed={"activation": "gelu_tanh", "layer_norm_epsilon": 1e-12},
    masked_lm={"head_activation": "gelu", "head_layer_norm_epsilon": 1e-5},
    layer=_KERASHUB_LAYER,
    layer_name="f_net_encoder",
    sizes={},
)


@dataclass(frozen=True)
class _FourierSpec:
    """In place of attention."""

    layer: ClassVar[Any] = FourierMixing


class FNetTokenizer(ClsSepPieceTokenizer):
    """Split text into FNet's pieces: a `ClsSepPieceTokenizer` that replaces quotes before.

    Args:
        proto: path or bytes. The SentencePiece model.
        replacements: dict of str to str or None. Replacements in texts. Default
            {"``": '"', "''": '"'}.
        **kwargs: the other arguments of `ClsSepPieceTokenizer`.

    Example:
        >>> proto = nlpkit.tokenizers.compute_sentence_piece_proto(
        ...     ["the quick brown fox"], 23, special_tokens=["[CLS]", "[SEP]", "[MASK]"]
        ... )
        >>> tokenizer = nlpkit.models.FNetTokenizer(proto)
        >>> tokenizer.detokenize(tokenizer("the fox"))
        'the fox'
    """

    def __init__(
        self,
        proto: ProtoSource | None = None,
        *,
        replacements: Mapping[str, str] | None = QUOTES,
        **kwargs: Any,
    ) -> None:
        super().__init__(proto, replacements=replacements, **kwargs)


class FNetBackbone(Backbone):
    """FNet's encoder: BERT's, with a Fourier transform of tokens and features for attention.

    Padding is mixed in as all tokens are, and numbered like them: features depend on how much of it
    there is. Tokens of rows with several packed examples are mixed, too.

    Args:
        dropout: float in [0, 1). Dropout rate of the embeddings and the output of each feed-forward
            layer.
        max_sequence_length: int. Number of learned positions: the maximum sequence length.
        num_segments: int. Number of segment ids (token types).
        activation: str. "gelu_tanh", "gelu", the exact form, "relu" or "silu".

    Example:
        >>> backbone = nlpkit.models.FNetBackbone(
        ...     vocabulary_size=100, num_layers=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> tuple(backbone([[5, 2, 7]])["pooled_output"].shape)
        (1, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = FNetTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("fnet",)
    hf_architecture: ClassVar[str] = "FNetModel"
    hf_prefix: ClassVar[str] = "fnet."
    heads: ClassVar[Heads] = head_tables(
        "FNet",
        TextClassifier=("ForSequenceClassification", bert_like.CLASSIFIER),
        TokenClassifier=("ForTokenClassification", bert_like.CLASSIFIER),
        QuestionAnswerer=("ForQuestionAnswering", bert_like.QUESTION_ANSWERER),
        MaskedLM=("ForMaskedLM", bert_like.MASKED_LM_HEAD),
    )
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)
    cls_token_index: ClassVar[int] = 0

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        hidden_dim: int,
        intermediate_dim: int,
        dropout: float = 0.1,
        max_sequence_length: int = 512,
        num_segments: int = 4,
        *,
        activation: str = "gelu_tanh",
        layer_norm_epsilon: float = 1e-12,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        norm = NormSpec("layer", layer_norm_epsilon)
        embedding = EmbeddingSpec(
            vocabulary_size,
            max_sequence_length,
            num_segments,
            norm=norm,
            dropout=dropout,
            token_dim=hidden_dim,
            projected="sum",
            dropout_last=True,
        )
        layer = LayerSpec(
            _FourierSpec(),
            ResidualSpec(output=norm),
            FeedForwardSpec(intermediate_dim, activation, gated=False, use_bias=True),
            ResidualSpec(output=norm, dropout=dropout),
        )
        stack = StackSpec(
            hidden_dim,
            embedding,
            (layer,) * num_layers,
            bert_like.INITIALIZER_RANGE,
            counts_padding=True,
            pooler_activation="tanh",
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        texts = (bert_like.EMBEDDINGS, bert_like.EMBEDDINGS_NORM, _PROJECTION, bert_like.POOLER)
        return bert_like.table(self.num_layers, *texts, layer=_LAYER)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("use_tpu_fourier_optimizations", [False], False)
        reader.ignore("num_attention_heads", "tpu_short_seq_length")
        activation = reader.require("hidden_act", ACTIVATIONS, "gelu_new")
        return {**bert_like.read(reader, _CONFIG), "activation": activation}

    def to_hf_config(self) -> dict[str, Any]:
        return bert_like.write(self, _CONFIG)


class FNetPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with an `FNetTokenizer`: `[CLS] a [SEP]`, or with `b [SEP]`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = FNetTokenizer


class FNetMaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with an `FNetTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = FNetTokenizer


class FNetClassifier(TextClassifier):
    """`TextClassifier` on an `FNetBackbone`."""

    backbone_class: ClassVar[type[Backbone]] = FNetBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = FNetPreprocessor


class FNetMaskedLM(MaskedLM):
    """`MaskedLM` on an `FNetBackbone`: dense, layer norm, tied projection."""

    backbone_class: ClassVar[type[Backbone]] = FNetBackbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = FNetMaskedLMPreprocessor


# KerasHub's other names of the same classes.
FNetTextClassifier = FNetClassifier
FNetTextClassifierPreprocessor = FNetPreprocessor
