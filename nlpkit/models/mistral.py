"""Mistral (Jiang et al., 2023, https://arxiv.org/abs/2310.06825) and Magistral."""

from collections.abc import Mapping
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.shared import llama_like
from nlpkit.backbones.spec import FeedForwardSpec, NormSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import ROPE, SENTENCE_PIECES, grouped_decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import GATED_LAYER
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer
from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import holds_pieces
from nlpkit.tokenizers.sentence_piece.start_end_tokenizer import StartEndPieceTokenizer

_KERASHUB = grouped_decoder(
    "Mistral",
    SENTENCE_PIECES,
    arguments=(*ROPE, "sliding_window", "head_dim"),
    final_norm="mistral_layer_normalization",
    layer=GATED_LAYER,
    layer_name="mistral_transformer_decoder",
)


class MistralTokenizer(StartEndPieceTokenizer):
    """Split text into Mistral's pieces; see `StartEndPieceTokenizer`."""


class MistralTekkenTokenizer(BytePairTokenizer):
    """Split text into the byte pairs of Magistral and other later models.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`.
        split_pattern: str. Default "tekken".
        start_token: str. Default "<s>".
        end_token: str. Default "</s>".
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("start_token", "end_token")
    packing: ClassVar[Packing | None] = Packing(("start_token",))

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        split_pattern: str = "tekken",
        *,
        start_token: str = "<s>",
        end_token: str = "</s>",
        **kwargs: Any,
    ) -> None:
        super().__init__(split_pattern=split_pattern, **kwargs)
        self.start_token = start_token
        self.end_token = end_token
        self.set_vocabulary_and_merges(vocabulary, merges)


class MistralBackbone(Backbone):
    """Mistral's decoder: Llama's, with sliding-window attention.

    Example:
        >>> backbone = nlpkit.models.MistralBackbone(
        ...     vocabulary_size=100, num_layers=2, num_query_heads=4, hidden_dim=16,
        ...     intermediate_dim=32, num_key_value_heads=2, sliding_window=8,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = MistralTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("mistral",)
    hf_architecture: ClassVar[str] = "MistralModel"
    heads: ClassVar[Heads] = decoder_heads("Mistral", answers="model.")
    hf_prefix: ClassVar[str] = "model."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_query_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        num_key_value_heads: int,
        rope_max_wavelength: float = 10000,
        rope_scaling_factor: float = 1.0,
        layer_norm_epsilon: float = 1e-6,
        sliding_window: int | None = 512,
        head_dim: int | None = None,
        dropout: float = 0.0,
        dtype: DType = None,
        *,
        rope_scaling: Mapping[str, Any] | None = None,
        tie_word_embeddings: bool = False,
        attention_dropout: float = 0.0,
        activation: str = "silu",
        max_sequence_length: int = 131072,
        **kwargs: Any,
    ) -> None:
        scaling = llama_like.scaling(rope_scaling, rope_scaling_factor)
        norm = NormSpec("rms", layer_norm_epsilon)
        attention = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=scaling,
            window=sliding_window,
            dropout=attention_dropout,
        )
        feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=True, use_bias=False)
        layers = [llama_like.layer(attention, feed_forward, norm, dropout)] * num_layers
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._scaling = scaling

    def weight_table(self) -> list[Line]:
        return llama_like.table(self.num_layers)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        window = None if reader.is_null("sliding_window") else 4096
        return {
            **llama_like.read(reader, max_sequence_length=131072),
            "sliding_window": reader.get("sliding_window", window, kind=int),
        }

    def to_hf_config(self) -> dict[str, Any]:
        config = llama_like.write(self, self._scaling)
        return {**config, "sliding_window": self.sliding_window}

    @classmethod
    def hf_tokenizer_class(cls, folder: FolderFiles) -> type[Tokenizer]:
        """The class of a folder's tokenizer: byte pairs in later models."""
        return MistralTokenizer if holds_pieces(folder) else MistralTekkenTokenizer


class MistralCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `MistralTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = MistralTokenizer


class MistralTekkenCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `MistralTekkenTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = MistralTekkenTokenizer


class MistralCausalLM(CausalLM):
    """`CausalLM` on a `MistralBackbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = MistralBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = CausalLMPreprocessor
