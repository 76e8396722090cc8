"""T5 (Raffel et al., 2019, 1910.10683), 1.1, FLAN-T5, mT5, and UMT5 (Chung et al., 2023, 2304.09151)."""

import os
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np

from nlpkit._types import DType
from nlpkit.backbones.activations import ACTIVATIONS
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.encoder_decoder import EncoderDecoderBackbone
from nlpkit.backbones.heads import Heads, HeadTable, encoder_decoder_heads
from nlpkit.backbones.shared.t5_table import t5_table
from nlpkit.backbones.spec import (
    AttentionSpec,
    EmbeddingSpec,
    EncoderDecoderSpec,
    FeedForwardSpec,
    HeadSpec,
    LayerSpec,
    NormSpec,
    RelativeBiasSpec,
    ResidualSpec,
    StackSpec,
)
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.preprocessors.seq2seq_lm_preprocessor import Seq2SeqLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.formats.tensor_reader import TensorReader
from nlpkit.presets.layouts.config_reader import ConfigReader, config_of
from nlpkit.presets.layouts.kerashub.encoder_decoder import relative_encoder_decoder
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.seq2seq_lm import Seq2SeqLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.special.packing import ENDED, Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind
from nlpkit.tokenizers.sentence_piece.source import ProtoSource
from nlpkit.tokenizers.sentence_piece.tokenizer import SentencePieceTokenizer

_CONFIG = {
    "vocabulary_size": ("vocab_size", 32128),
    "num_layers": ("num_layers", 6),
    "num_heads": ("num_heads", 8),
    "hidden_dim": ("d_model", 512),
    "intermediate_dim": ("d_ff", 2048),
    "key_value_dim": ("d_kv", 64),
    "dropout": ("dropout_rate", 0.1),
    "layer_norm_epsilon": ("layer_norm_epsilon", 1e-6),
    "num_buckets": ("relative_attention_num_buckets", 32),
    "max_distance": ("relative_attention_max_distance", 128),
}
# What transformers makes of their names: "gated-gelu" is the approximation.
_FEED_FORWARDS = {name: (own, False) for name, own in ACTIVATIONS.items()} | {
    f"gated-{name}": (own, True)
    for name, own in {**ACTIVATIONS, "gelu": "gelu_tanh", "gelu_python": "gelu"}.items()
}
_HEAD = HeadTable(
    "T5ForConditionalGeneration",
    "lm_head/kernel <- lm_head.weight | transpose",
    ("MT5ForConditionalGeneration", "UMT5ForConditionalGeneration", "T5WithLMHeadModel"),
)


class T5Tokenizer(SentencePieceTokenizer):
    """Split text into T5's pieces: a SentencePiece model, followed by sentinels.

    Args:
        proto: path or bytes. The SentencePiece model.
        end_token: str. Default "</s>".
        pad_token: str. Starts the decoder's texts, too. Default "<pad>".
        extra_ids: int. Number of sentinels "<extra_id_0>", …, of which the first has the last id,
            unless the model has them. Default 100.
        **kwargs: the other arguments of `SentencePieceTokenizer`.

    Example:
        >>> proto = nlpkit.tokenizers.compute_sentence_piece_proto(["the quick brown fox"], 20)
        >>> tokenizer = nlpkit.models.T5Tokenizer(proto, extra_ids=2)
        >>> tokenizer.token_to_id("<extra_id_0>")
        21
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("end_token", "pad_token")
    packing: ClassVar[Packing | None] = ENDED
    proto_file: ClassVar[str] = "spiece.model"

    def __init__(
        self,
        proto: ProtoSource | None = None,
        *,
        end_token: str = "</s>",
        pad_token: str = "<pad>",
        extra_ids: int = 100,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.end_token = end_token
        self.pad_token = pad_token
        self.extra_ids = extra_ids
        self.set_proto(proto)

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        stated = {"extra_ids": config["extra_ids"]} if "extra_ids" in config else {}
        return super().from_files(folder, config, **{**stated, **arguments})

    def _arrange(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        names = [f"<extra_id_{i}>" for i in reversed(range(self.extra_ids))]
        known = {piece.text for piece in pieces}
        control = [Piece(name, kind=PieceKind.CONTROL) for name in names if name not in known]
        return [*pieces, *control]


class T5Backbone(EncoderDecoderBackbone):
    """T5's encoder and decoder.

    Args:
        num_layers: int. Number of layers of the encoder.
        num_heads: int. Number of attention heads.
        key_value_dim: int or None. Size of each head; None for `hidden_dim / num_heads`.
        dropout: float in [0, 1). Dropout rate of the embeddings, the attention weights, within the
            feed-forward layers, and of the output of each sub-layer and of each stack.
        activation: str. "relu", "gelu", "gelu_tanh" or "silu".
        use_gated_activation: bool. Whether the activation gates a second projection.
        tie_embedding_weights: bool. Whether the language-model head is the token embedding.
        num_decoder_layers: int or None. Number of layers of the decoder; None for `num_layers`.
        scale_decoder_outputs: bool or None. Whether the head's input is multiplied by
            `hidden_dim ** -0.5`; None if the head is tied.
        num_buckets: int. Number of biases of the attention scores by distance, of a head.
        max_distance: int. Distance from which all share one.
        share_relative_bias: bool. Whether the layers of a stack have the same biases; False in
            UMT5.

    Example:
        >>> backbone = nlpkit.models.T5Backbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> features = backbone({"encoder_token_ids": [[5, 2, 1]], "decoder_token_ids": [[0, 7]]})
        >>> tuple(features["decoder_sequence_output"].shape)
        (1, 2, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = T5Tokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("t5", "mt5", "umt5")
    hf_architecture: ClassVar[str] = "T5Model"
    source_start: ClassVar[int | None] = 0
    heads: ClassVar[Heads] = {
        "Seq2SeqLM": _HEAD,
        **encoder_decoder_heads("T5", "MT5", "UMT5", prefix="transformer."),
    }
    kerashub: ClassVar[tuple[Any, ...]] = (relative_encoder_decoder("T5"),)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        key_value_dim: int | None = None,
        dropout: float = 0.1,
        activation: str = "relu",
        use_gated_activation: bool = True,
        layer_norm_epsilon: float = 1e-6,
        tie_embedding_weights: bool = True,
        *,
        num_decoder_layers: int | None = None,
        scale_decoder_outputs: bool | None = None,
        num_buckets: int = 32,
        max_distance: int = 128,
        share_relative_bias: bool = True,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        norm = NormSpec("rms", layer_norm_epsilon)
        head_dim = hidden_dim // num_heads if key_value_dim is None else key_value_dim

        def stack(depth: int, *, decodes: bool, head: HeadSpec | None = None) -> StackSpec:
            def attention(causal: bool) -> AttentionSpec:
                sizes = (num_heads, num_heads, head_dim)
                return AttentionSpec(*sizes, 1.0, False, False, causal, dropout=dropout)

            residual = ResidualSpec(pre=norm, dropout=dropout)
            feed_forward = FeedForwardSpec(
                intermediate_dim, activation, use_gated_activation, use_bias=False, dropout=dropout
            )
            layer = LayerSpec(
                attention(causal=decodes),
                residual,
                feed_forward,
                residual,
                cross_attention=attention(causal=False) if decodes else None,
                cross_attention_residual=residual if decodes else None,
            )
            relative = RelativeBiasSpec(num_heads, num_buckets, max_distance, not decodes)
            return StackSpec(
                hidden_dim,
                EmbeddingSpec(vocabulary_size, dropout=dropout),
                (layer,) * depth,
                0.02,
                relative=relative,
                share_relative=share_relative_bias,
                final_norm=norm,
                final_dropout=dropout,
                head=head,
            )

        scaled = tie_embedding_weights if scale_decoder_outputs is None else scale_decoder_outputs
        head = HeadSpec(tie_embedding_weights, scale=hidden_dim**-0.5 if scaled else None)
        depth = num_layers if num_decoder_layers is None else num_decoder_layers
        encoder, decoder = stack(num_layers, decodes=False), stack(depth, decodes=True, head=head)
        super().__init__(EncoderDecoderSpec(encoder, decoder), locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        depths = {"encoder": self.num_layers, "decoder": self.num_own_layers}
        return t5_table(depths, self.use_gated_activation, self.share_relative_bias)

    def hf_class_name(self, name: str) -> str:
        return name if self.share_relative_bias else f"U{name.replace('T5', 'MT5', 1)}"

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("is_encoder_decoder", [True], True)
        reader.alias(hidden_size="d_model", num_attention_heads="num_heads")
        reader.alias(num_hidden_layers="num_layers", head_dim="d_kv")
        # What `feed_forward_proj` says, and a length that sets no limit.
        reader.ignore("is_gated_act", "dense_act_fn", "n_positions", "scalable_attention")
        activation, gated = reader.require("feed_forward_proj", _FEED_FORWARDS, "relu")
        arguments = reader.arguments(_CONFIG)
        decoder = reader.get("num_decoder_layers", arguments["num_layers"])
        tied = reader.get("tie_word_embeddings", True)
        kind = reader.get("model_type")
        # mT5 does not scale, and transformers 5 says of it, too, that the head is tied.
        scaled = reader.get("scale_decoder_outputs", tied and kind != "mt5")
        return {
            **arguments,
            "num_decoder_layers": None if decoder == arguments["num_layers"] else decoder,
            "activation": activation,
            "use_gated_activation": gated,
            "tie_embedding_weights": tied and scaled,  # For want of tensors, see below.
            "scale_decoder_outputs": scaled,
            "share_relative_bias": kind != "umt5",
        }

    @classmethod
    def from_hf_tensors(cls, tensors: TensorReader) -> dict[str, Any]:
        # Files of transformers 5 say of every head that it is tied.
        if "lm_head.weight" not in tensors.shapes:
            return {"tie_embedding_weights": True}
        head, tokens = map(tensors.read, ("lm_head.weight", "shared.weight"))
        return {"tie_embedding_weights": np.array_equal(head, tokens)}

    def to_hf_config(self) -> dict[str, Any]:
        names = {own: name for name, own in _FEED_FORWARDS.items()}
        return {
            **config_of(self, _CONFIG),
            "model_type": "t5" if self.share_relative_bias else "umt5",
            "d_kv": self._transformer.encoder.spec.layers[0].attention.head_dim,
            "num_decoder_layers": self.num_own_layers,
            "feed_forward_proj": names[self.activation, self.use_gated_activation],
            "tie_word_embeddings": self.tie_embedding_weights,
            "scale_decoder_outputs": self._transformer.spec.head.scale is not None,
            "is_encoder_decoder": True,
        }


class T5Seq2SeqLMPreprocessor(Seq2SeqLMPreprocessor):
    """`Seq2SeqLMPreprocessor` with a `T5Tokenizer`: `a </s>`, and `<pad> b </s>`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = T5Tokenizer


class T5Seq2SeqLM(Seq2SeqLM):
    """`Seq2SeqLM` on a `T5Backbone`."""

    backbone_class: ClassVar[type[Backbone]] = T5Backbone
    preprocessor_class: ClassVar[type[Seq2SeqLMPreprocessor]] = T5Seq2SeqLMPreprocessor


class T5TextClassifierPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with a `T5Tokenizer`: `a </s> b </s>`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = T5Tokenizer


class T5TextClassifier(TextClassifier):
    """`TextClassifier` on the last state of a `T5Backbone`'s decoder, which reads the text, too."""

    backbone_class: ClassVar[type[Backbone]] = T5Backbone
    preprocessor_class: ClassVar[type[Preprocessor] | None] = T5TextClassifierPreprocessor
