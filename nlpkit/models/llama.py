"""Llama (Touvron et al., 2023, 2302.13971), Llama 2 (2307.09288) and Llama 3 (2024, 2407.21783)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.shared import llama_like
from nlpkit.backbones.spec import FeedForwardSpec, NormSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import SENTENCE_PIECES, byte_pairs, grouped_decoder
from nlpkit.presets.layouts.kerashub.family import ClassMapping, Family
from nlpkit.presets.layouts.kerashub.layers import GATED_LAYER
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer
from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import holds_pieces
from nlpkit.tokenizers.sentence_piece.start_end_tokenizer import StartEndPieceTokenizer

_CONFIG = {
    "attention_bias": ("attention_bias", False),
    "feed_forward_bias": ("mlp_bias", False),
}
_KERASHUB = grouped_decoder(
    "Llama",
    SENTENCE_PIECES,
    arguments=(
        "rope_max_wavelength",
        "rope_position_scaling_factor",
        "rope_frequency_adjustment_factor",
        "rope_low_freq_factor",
        "rope_high_freq_factor",
        "rope_pretraining_sequence_length",
        "tie_word_embeddings",
    ),
    final_norm="llama_layer_norm",
    layer=GATED_LAYER,
    layer_name="llama_transformer_decoder",
)
_KERASHUB_LLAMA3_TOKENS = byte_pairs(
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
)
_LLAMA3_PREPROCESSOR = "Llama3CausalLMPreprocessor"
_KERASHUB_LLAMA3 = replace(
    _KERASHUB,
    tokenizer=ClassMapping(("Llama3Tokenizer",), "Llama3Tokenizer", **_KERASHUB_LLAMA3_TOKENS),
    backbone=replace(_KERASHUB.backbone, names=("Llama3Backbone",)),
    preprocessors=(
        replace(
            _KERASHUB.preprocessors[0], names=(_LLAMA3_PREPROCESSOR,), own=_LLAMA3_PREPROCESSOR
        ),
    ),
    tasks=(replace(_KERASHUB.tasks[0], names=("Llama3CausalLM",)),),
)


class LlamaTokenizer(StartEndPieceTokenizer):
    """Split text into the pieces of Llama and Llama 2; see `StartEndPieceTokenizer`."""


class Llama3Tokenizer(BytePairTokenizer):
    """Split text into the byte pairs of Llama 3, with tokens for start and end.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`.
        bos_token: str. Starts a text. Default "<|begin_of_text|>".
        eos_token: str. Ends a text. Default "<|end_of_text|>".
        split_pattern: str. Default "llama3".
        ignore_merges: bool or None. Default True.

    Example:
        >>> vocabulary = {"<|begin_of_text|>": 0, "<|end_of_text|>": 1, "a": 2, "b": 3, "ab": 4}
        >>> tokenizer = nlpkit.models.Llama3Tokenizer(vocabulary, ["a b"])
        >>> tokenizer("abba")
        [4, 3, 2]
        >>> tokenizer.start_token_id
        0
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("bos_token", "eos_token")
    packing: ClassVar[Packing | None] = Packing(("bos_token",))

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        bos_token: str = "<|begin_of_text|>",
        eos_token: str = "<|end_of_text|>",
        *,
        split_pattern: str = "llama3",
        ignore_merges: bool | None = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(split_pattern=split_pattern, ignore_merges=ignore_merges, **kwargs)
        self.bos_token = bos_token
        self.eos_token = eos_token
        self.set_vocabulary_and_merges(vocabulary, merges)

    @property
    def start_token_id(self) -> int:  # type: ignore[override]
        """The id of `bos_token`."""
        return self.token_to_id(self.bos_token)

    @property
    def end_token_id(self) -> int:  # type: ignore[override]
        """The id of `eos_token`."""
        return self.token_to_id(self.eos_token)

    @property
    def turn_end_token_id(self) -> int | None:
        """The id of "<|eot_id|>", which ends the answer of an instruction-tuned model."""
        return self._known().ids.get("<|eot_id|>")


class LlamaBackbone(Backbone):
    """Llama's decoder: RMS norms, rotary positions, grouped-query attention, gated layers.

    Args:
        rope_position_scaling_factor: float. Factor of linear scaling: rotary angles are divided by
            it.
        rope_frequency_adjustment_factor, rope_low_freq_factor: float or None. See the next two.
        rope_high_freq_factor, rope_pretraining_sequence_length: numbers or None. With the two
            above, the numbers of a `rope_scaling` of the type "llama3"; all four or none.
        feed_forward_bias: bool. Whether the feed-forward layers have biases.

    Example:
        >>> backbone = nlpkit.models.LlamaBackbone(
        ...     vocabulary_size=100, num_layers=2, num_query_heads=4, hidden_dim=16,
        ...     intermediate_dim=32, num_key_value_heads=2,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = LlamaTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("llama",)
    hf_architecture: ClassVar[str] = "LlamaModel"
    heads: ClassVar[Heads] = decoder_heads("Llama", answers="transformer.")
    hf_prefix: ClassVar[str] = "model."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB, _KERASHUB_LLAMA3)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_query_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        num_key_value_heads: int,
        rope_max_wavelength: float = 10000,
        rope_position_scaling_factor: float = 1.0,
        rope_frequency_adjustment_factor: float | None = None,
        rope_low_freq_factor: float | None = None,
        rope_high_freq_factor: float | None = None,
        rope_pretraining_sequence_length: int | None = None,
        layer_norm_epsilon: float = 1e-6,
        dropout: float = 0.0,
        dtype: DType = None,
        tie_word_embeddings: bool = False,
        *,
        rope_scaling: Mapping[str, Any] | None = None,
        head_dim: int | None = None,
        attention_bias: bool = False,
        feed_forward_bias: bool = False,
        attention_dropout: float = 0.0,
        activation: str = "silu",
        max_sequence_length: int = 2048,
        **kwargs: Any,
    ) -> None:
        scaling = llama_like.scaling(
            rope_scaling,
            rope_position_scaling_factor,
            {
                "factor": rope_frequency_adjustment_factor,
                "low_freq_factor": rope_low_freq_factor,
                "high_freq_factor": rope_high_freq_factor,
                "original_max_position_embeddings": rope_pretraining_sequence_length,
            },
        )
        norm = NormSpec("rms", layer_norm_epsilon)
        attention = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=scaling,
            bias=attention_bias,
            dropout=attention_dropout,
        )
        feed_forward = FeedForwardSpec(
            intermediate_dim, activation, gated=True, use_bias=feed_forward_bias
        )
        layers = [llama_like.layer(attention, feed_forward, norm, dropout)] * num_layers
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._scaling = scaling

    def weight_table(self) -> list[Line]:
        return llama_like.table(
            self.num_layers, bias=self.attention_bias, feed_forward_bias=self.feed_forward_bias
        )

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        return llama_like.read(reader, _CONFIG, max_sequence_length=2048)

    def to_hf_config(self) -> dict[str, Any]:
        return llama_like.write(self, self._scaling, own=_CONFIG)

    @classmethod
    def hf_tokenizer_class(cls, folder: FolderFiles) -> type[Tokenizer]:
        """The class of a folder's tokenizer: byte pairs from Llama 3 on."""
        return LlamaTokenizer if holds_pieces(folder) else Llama3Tokenizer


class LlamaCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `LlamaTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = LlamaTokenizer


class Llama3CausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `Llama3Tokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = Llama3Tokenizer
    start_token: ClassVar[str] = "bos_token"
    end_token: ClassVar[str] = "eos_token"
    stop_tokens: ClassVar[tuple[str, ...]] = ("eos_token", "turn_end_token")


class LlamaCausalLM(CausalLM):
    """`CausalLM` on a `LlamaBackbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = LlamaBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = CausalLMPreprocessor


# KerasHub's other names of the same classes.
Llama3Backbone = LlamaBackbone
Llama3CausalLM = LlamaCausalLM
