"""Whisper (Radford et al., 2022, https://arxiv.org/abs/2212.04356)."""

import os
from dataclasses import replace
from typing import Any, ClassVar, Self

from nlpkit._types import DType
from nlpkit.backbones.activations import ACTIVATIONS, NAMES
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.causal_attention import causal_attention
from nlpkit.backbones.encoder_decoder import EncoderDecoderBackbone
from nlpkit.backbones.heads import Heads, HeadTable
from nlpkit.backbones.shared.bart_like import FINAL_NORM, STACKS, layer_lines
from nlpkit.backbones.spec import (
    AttentionSpec,
    EmbeddingSpec,
    EncoderDecoderSpec,
    FeedForwardSpec,
    FramesSpec,
    HeadSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    StackSpec,
)
from nlpkit.layers.preprocessing.audio_converter import AudioConverter
from nlpkit.preprocessors.speech_to_text_preprocessor import SpeechToTextPreprocessor
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.layouts.config_reader import ConfigReader, config_of
from nlpkit.presets.layouts.kerashub.encoder_decoder import speech_encoder_decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.mapping.weight_table import Line, expand
from nlpkit.tasks.speech_to_text import SpeechToText
from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.transcript_tokenizer import TranscriptTokenizer

_CONFIG = {
    "vocabulary_size": ("vocab_size", 51865),
    "num_layers": ("encoder_layers", 4),
    "num_heads": ("encoder_attention_heads", 6),
    "hidden_dim": ("d_model", 384),
    "intermediate_dim": ("encoder_ffn_dim", 1536),
    "num_mels": ("num_mel_bins", 80),
    "dropout": ("dropout", 0.0),
    "max_decoder_sequence_length": ("max_target_positions", 448),
    "attention_dropout": ("attention_dropout", 0.0),
}
# The decoder's sizes, where they are not those of the encoder.
_DECODER = {
    "num_decoder_layers": ("decoder_layers", "num_layers", 4),
    "num_decoder_heads": ("decoder_attention_heads", "num_heads", 6),
    "decoder_intermediate_dim": ("decoder_ffn_dim", "intermediate_dim", 1536),
}
_PADDING = 50256  # transformers' default
_ENGLISH_VOCABULARY = 51_864
# Of the training, of a head for classes, and of the times of words.
_IGNORED = """
    activation_dropout apply_spec_augment classifier_proj_size decoder_layerdrop encoder_layerdrop
    forced_decoder_ids mask_feature_length mask_feature_min_masks mask_feature_prob mask_time_length
    mask_time_min_masks mask_time_prob median_filter_width use_weighted_layer_sum
"""
_TABLE = """
encoder_frame_embedding/convolution_{n}/kernel <- encoder.conv{n}.weight | transpose, merge 3 first heads
encoder_frame_embedding/convolution_{n}/bias <- encoder.conv{n}.bias
"""
_POSITIONS = """
encoder_frame_embedding/positions <- encoder.embed_positions.weight
token_embedding/embeddings <- decoder.embed_tokens.weight
decoder_position_embedding/embeddings <- decoder.embed_positions.weight
"""


class WhisperTokenizer(TranscriptTokenizer):
    """`TranscriptTokenizer` of Whisper's folders.

    Example:
        >>> names = ["endoftext", "startoftranscript", "en", "translate", "transcribe"]
        >>> special = {f"<|{name}|>": 2 + i for i, name in enumerate([*names, "notimestamps"])}
        >>> vocabulary = {"a": 0, "b": 1}
        >>> tokenizer = nlpkit.models.WhisperTokenizer(vocabulary, [], special_tokens=special)
        >>> tokenizer.prompt_ids("en")
        [3, 4, 6, 7]
    """

    packing: ClassVar[Packing | None] = Packing(
        ("bos_token", "no_timestamps_token"), end=("eos_token",)
    )

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        # Tokens of languages are in vocabularies for English alone, too, which have an id less.
        files = FolderFiles.of(folder)
        names = ("config.json", "generation_config.json")
        model, generation = (files.json(name) if files.has(name) else {} for name in names)
        usual = model.get("vocab_size") != _ENGLISH_VOCABULARY
        stated = {
            "multilingual": bool(generation.get("is_multilingual", usual)),
            # What Hugging Face's files name so is the token that ends a transcript.
            "bos_token": "<|startoftranscript|>",
        }
        return super().from_files(folder, config, **{**stated, **arguments})


class WhisperAudioConverter(AudioConverter):
    """`AudioConverter` of Whisper."""


class WhisperBackbone(EncoderDecoderBackbone):
    """Whisper's encoder, of log-mel features of audio, and its decoder, of transcripts.

    Args:
        num_layers: int. Number of layers of the encoder.
        num_heads: int. Number of attention heads of the encoder; must divide `hidden_dim`.
        num_mels: int. Number of features of a frame.
        max_encoder_sequence_length: int. Maximum number of frames; the encoder's output has half as
            many positions.
        max_decoder_sequence_length: int. Maximum number of tokens of a transcript.
        num_decoder_layers, num_decoder_heads, decoder_intermediate_dim: int or None. The decoder's;
            None for those of the encoder.

    Call arguments:
        inputs: dict of `encoder_features` (float `[batch, frames, num_mels]`), `decoder_token_ids`
            (int), `decoder_padding_mask` (bool, True = real token), and optionally
            `decoder_positions` and `decoder_sequence_ids` (int), all `[batch, seq]`.
        training: bool. Whether to apply dropout.

    Returns:
        dict of float `encoder_sequence_output` `[batch, frames / 2, hidden_dim]` and
        `decoder_sequence_output` `[batch, seq, hidden_dim]`.

    Example:
        >>> import numpy as np
        >>> backbone = nlpkit.models.WhisperBackbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> features = np.zeros((1, 20, 80), "float32")
        >>> outputs = backbone({"encoder_features": features, "decoder_token_ids": [[5, 2, 7]]})
        >>> {name: tuple(x.shape) for name, x in outputs.items()}
        {'encoder_sequence_output': (1, 10, 8), 'decoder_sequence_output': (1, 3, 8)}
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = WhisperTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("whisper",)
    hf_architecture: ClassVar[str] = "WhisperModel"
    hf_prefix: ClassVar[str] = "model."
    heads: ClassVar[Heads] = {
        "SpeechToText": HeadTable(
            "WhisperForConditionalGeneration", "lm_head/kernel <- proj_out.weight | transpose"
        )
    }

    kerashub: ClassVar[tuple[Family, ...]] = (speech_encoder_decoder("Whisper"),)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        num_mels: int = 80,
        dropout: float = 0.0,
        max_encoder_sequence_length: int = 3000,
        max_decoder_sequence_length: int = 448,
        *,
        activation: str = "gelu",
        attention_dropout: float = 0.0,
        num_decoder_layers: int | None = None,
        num_decoder_heads: int | None = None,
        decoder_intermediate_dim: int | None = None,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        norm = NormSpec("layer", 1e-5)
        residual = ResidualSpec(pre=norm, dropout=dropout)

        def stack(
            own: EmbeddingSpec, depth: int, heads: int, inner: int, decodes: bool
        ) -> StackSpec:
            def attention(causal: bool) -> AttentionSpec:
                usual = causal_attention(
                    hidden_dim, heads, use_bias=True, dropout=attention_dropout
                )
                return replace(usual, causal=causal, key_bias=False)

            layer = LayerSpec(
                attention(causal=decodes),
                residual,
                FeedForwardSpec(inner, activation, gated=False, use_bias=True),
                residual,
                cross_attention=attention(causal=False) if decodes else None,
                cross_attention_residual=residual if decodes else None,
            )
            head = HeadSpec(tied=True) if decodes else None
            layers = (layer,) * depth
            return StackSpec(hidden_dim, own, layers, 0.02, final_norm=norm, head=head)

        frames = FramesSpec(num_mels, max_encoder_sequence_length)
        of_audio = EmbeddingSpec(None, dropout=dropout, frames=frames)
        of_text = EmbeddingSpec(vocabulary_size, max_decoder_sequence_length, dropout=dropout)
        encoder = stack(of_audio, num_layers, num_heads, intermediate_dim, decodes=False)
        depth = num_layers if num_decoder_layers is None else num_decoder_layers
        heads = num_heads if num_decoder_heads is None else num_decoder_heads
        inner = intermediate_dim if decoder_intermediate_dim is None else decoder_intermediate_dim
        decoder = stack(of_text, depth, heads, inner, decodes=True)
        super().__init__(EncoderDecoderSpec(encoder, decoder), locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        return [
            *expand(_TABLE, n=(1, 2)),
            *expand(_POSITIONS),
            *expand(FINAL_NORM, s=STACKS),
            *layer_lines(self.num_layers, self.num_own_layers, True, key_bias=False),
        ]

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("is_encoder_decoder", [True], True)
        reader.require("scale_embedding", [False], False)
        reader.require("tie_word_embeddings", [True], True)
        reader.alias(hidden_size="d_model", num_hidden_layers="encoder_layers")
        reader.alias(num_attention_heads="encoder_attention_heads")
        reader.ignore(*_IGNORED.split())
        arguments = reader.arguments(_CONFIG)
        frames = 2 * reader.get("max_source_positions", 1500)
        activation = reader.require("activation_function", ACTIVATIONS, "gelu")
        own = {name: reader.get(key, default) for name, (key, _, default) in _DECODER.items()}
        shared = {name: arguments[other] for name, (_, other, _) in _DECODER.items()}
        decoder = {name: None if x == shared[name] else x for name, x in own.items()}
        limits = {"max_encoder_sequence_length": frames, "activation": activation}
        return {**arguments, **limits, **decoder}

    def to_hf_config(self) -> dict[str, Any]:
        decoder = {}
        for name, (key, other, _) in _DECODER.items():
            own = getattr(self, name)
            decoder[key] = getattr(self, other) if own is None else own
        # Else transformers takes a token for padding that small vocabularies do not have.
        no_padding = {"pad_token_id": None} if self.vocabulary_size <= _PADDING else {}
        return {
            **config_of(self, _CONFIG),
            **decoder,
            **no_padding,
            "max_source_positions": -(-self.max_encoder_sequence_length // 2),
            "activation_function": NAMES[self.activation],
            "is_encoder_decoder": True,
        }


class WhisperPreprocessor(SpeechToTextPreprocessor):
    """`SpeechToTextPreprocessor` with a `WhisperTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = WhisperTokenizer
    audio_converter_class: ClassVar[type[AudioConverter]] = WhisperAudioConverter


class WhisperSpeechToText(SpeechToText):
    """`SpeechToText` on a `WhisperBackbone`."""

    backbone_class: ClassVar[type[Backbone]] = WhisperBackbone
    preprocessor_class: ClassVar[type[SpeechToTextPreprocessor]] = WhisperPreprocessor
