"""OLMo 2 (OLMo Team, 2024, https://arxiv.org/abs/2501.00656) and OLMo 3 (OLMo Team, 2025).

OLMo 3 gives three of four layers a sliding window, and its full layers other rotary frequencies.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.layer_types import FULL, WINDOW, attentions_of_layers, kinds_of_layers
from nlpkit.backbones.rope.config import make_scaling, read_rope_by_layer_type, write_nested_rope
from nlpkit.backbones.shared import llama_like
from nlpkit.backbones.spec import (
    AttentionSpec,
    FeedForwardSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    RopeSpec,
)
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer

_CONFIG = {"attention_bias": ("attention_bias", False)}
_OWN = {
    **_CONFIG,
    "sliding_window": ("sliding_window", 4096),
    "layer_types": ("layer_types", None),
}
_WAVELENGTH = 500000.0
_PERIOD = 4  # One full layer after three with a window.


def _layers(
    attentions: Sequence[AttentionSpec],
    intermediate_dim: int,
    activation: str,
    norm: NormSpec,
    dropout: float,
) -> list[LayerSpec]:
    """Describe layers with norms after attention and the feed-forward layer."""
    feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=True, use_bias=False)
    residual = ResidualSpec(post=norm, dropout=dropout)
    return [LayerSpec(attention, residual, feed_forward, residual) for attention in attentions]


class Olmo2Tokenizer(BytePairTokenizer):
    """Split text into the byte pairs of OLMo 2, with tokens for end and padding.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`.
        end_token: str. Default "<|endoftext|>".
        pad_token: str. Default "<|pad|>".
        split_pattern: str. Default "cl100k".

    Example:
        >>> vocabulary = {"<|endoftext|>": 0, "<|pad|>": 1, "a": 2, "Ġ": 3, "b": 4, "Ġb": 5}
        >>> tokenizer = nlpkit.models.Olmo2Tokenizer(vocabulary, ["Ġ b"])
        >>> tokenizer("a b")
        [2, 5]
        >>> tokenizer.end_token_id
        0
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("end_token", "pad_token")

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        end_token: str = "<|endoftext|>",
        pad_token: str = "<|pad|>",
        split_pattern: str = "cl100k",
        **kwargs: Any,
    ) -> None:
        super().__init__(split_pattern=split_pattern, **kwargs)
        self.end_token = end_token
        self.pad_token = pad_token
        self.set_vocabulary_and_merges(vocabulary, merges)


class Olmo2Backbone(Backbone):
    """OLMo 2's decoder: norms after attention and feed-forward layers, normalized queries and keys.

    Example:
        >>> backbone = nlpkit.models.Olmo2Backbone(
        ...     vocabulary_size=100, num_layers=2, num_query_heads=4, hidden_dim=16,
        ...     intermediate_dim=32, num_key_value_heads=2,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = Olmo2Tokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("olmo2",)
    hf_architecture: ClassVar[str] = "Olmo2Model"
    heads: ClassVar[Heads] = decoder_heads("Olmo2", token_classifier="")
    hf_prefix: ClassVar[str] = "model."

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_query_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        num_key_value_heads: int,
        rope_max_wavelength: float = 500000,
        layer_norm_epsilon: float = 1e-6,
        dropout: float = 0.0,
        dtype: DType = None,
        tie_word_embeddings: bool = False,
        *,
        rope_scaling: Mapping[str, Any] | None = None,
        head_dim: int | None = None,
        attention_bias: bool = False,
        attention_dropout: float = 0.0,
        activation: str = "silu",
        max_sequence_length: int = 4096,
        **kwargs: Any,
    ) -> None:
        norm = NormSpec("rms", layer_norm_epsilon)
        attention = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=rope_scaling,
            bias=attention_bias,
            query_key_norm=norm,
            norm_over="width",
            dropout=attention_dropout,
        )
        layers = _layers([attention] * num_layers, intermediate_dim, activation, norm, dropout)
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._head_dim = attention.head_dim

    def weight_table(self) -> list[Line]:
        return llama_like.table(
            self.num_layers, bias=self.attention_bias, query_key_norm=True, norms_after=True
        )

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        return llama_like.read(reader, _CONFIG, max_sequence_length=2048, layer_norm_epsilon=1e-5)

    def to_hf_config(self) -> dict[str, Any]:
        return llama_like.write(self, self.rope_scaling, {"head_dim": "_head_dim"}, _CONFIG)


class Olmo2CausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with an `Olmo2Tokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = Olmo2Tokenizer


class Olmo2CausalLM(CausalLM):
    """`CausalLM` on an `Olmo2Backbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = Olmo2Backbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = Olmo2CausalLMPreprocessor


class Olmo3Tokenizer(Olmo2Tokenizer):
    """Split text into the byte pairs of OLMo 3, which are those of OLMo 2."""


class Olmo3Backbone(Backbone):
    """OLMo 3's decoder: OLMo 2's, with a sliding window in three of four layers.

    Args:
        layer_types: strs or None. "sliding_attention" or "full_attention" for each layer; None for
            the latter on every fourth.
        sliding_window: int. Number of tokens that a token attends to in layers with a window.
        rope_max_wavelength, local_rope_max_wavelength: float. Base of the rotary frequencies in
            layers without and with a window.
        rope_scaling, local_rope_scaling: dict or None. Their scalings; see
            `nlpkit.backbones.rope.config`.

    Example:
        >>> backbone = nlpkit.models.Olmo3Backbone(
        ...     vocabulary_size=100, num_layers=4, num_query_heads=4, hidden_dim=16,
        ...     intermediate_dim=32, num_key_value_heads=2, sliding_window=8,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = Olmo3Tokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("olmo3",)
    hf_architecture: ClassVar[str] = "Olmo3Model"
    heads: ClassVar[Heads] = decoder_heads("Olmo3", token_classifier="")
    hf_prefix: ClassVar[str] = "model."

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_query_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        num_key_value_heads: int,
        rope_max_wavelength: float = 500000,
        layer_norm_epsilon: float = 1e-6,
        dropout: float = 0.0,
        dtype: DType = None,
        tie_word_embeddings: bool = False,
        *,
        sliding_window: int = 4096,
        layer_types: Sequence[str] | None = None,
        local_rope_max_wavelength: float = 500000,
        rope_scaling: Mapping[str, Any] | None = None,
        local_rope_scaling: Mapping[str, Any] | None = None,
        head_dim: int | None = None,
        attention_bias: bool = False,
        attention_dropout: float = 0.0,
        activation: str = "silu",
        max_sequence_length: int = 65536,
        **kwargs: Any,
    ) -> None:
        norm = NormSpec("rms", layer_norm_epsilon)
        full = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=rope_scaling,
            bias=attention_bias,
            query_key_norm=norm,
            norm_over="width",
            dropout=attention_dropout,
        )
        local = make_scaling(local_rope_scaling)
        rope = RopeSpec(full.head_dim, local_rope_max_wavelength, scaling=local)
        kinds = kinds_of_layers(num_layers, True, layer_types, _PERIOD)
        attentions = attentions_of_layers(full, kinds, sliding_window, rope)
        layers = _layers(attentions, intermediate_dim, activation, norm, dropout)
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._head_dim, self._kinds = full.head_dim, kinds

    def weight_table(self) -> list[Line]:
        return llama_like.table(
            self.num_layers, bias=self.attention_bias, query_key_norm=True, norms_after=True
        )

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        rope = read_rope_by_layer_type(reader, {FULL: _WAVELENGTH, WINDOW: _WAVELENGTH})
        local = {f"local_{name}": value for name, value in rope[WINDOW].items()}
        both = {**rope[FULL], **local}
        return llama_like.read(
            reader, _OWN, both, max_sequence_length=2048, layer_norm_epsilon=1e-5
        )

    def to_hf_config(self) -> dict[str, Any]:
        full = (self.rope_max_wavelength, self.rope_scaling)
        local = (self.local_rope_max_wavelength, self.local_rope_scaling)
        config = llama_like.write(self, self.rope_scaling, {"head_dim": "_head_dim"}, _OWN)
        if full[0] != _WAVELENGTH or local != (_WAVELENGTH, None):
            # What published files have can say nothing else of layers with a window.
            for name in ("rope_theta", "rope_scaling"):
                config.pop(name, None)
            config |= write_nested_rope({FULL: full, WINDOW: local})
        return {**config, "layer_types": self._kinds}


class Olmo3CausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with an `Olmo3Tokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = Olmo3Tokenizer


class Olmo3CausalLM(CausalLM):
    """`CausalLM` on an `Olmo3Backbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = Olmo3Backbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = Olmo3CausalLMPreprocessor
