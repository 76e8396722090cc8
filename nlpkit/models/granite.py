"""Granite 3 (Granite Team, IBM, 2024): Llama with four factors.

They keep the size of activations and gradients the same at every width and depth (Yang et al.,
2022, https://arxiv.org/abs/2203.03466).
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.shared import llama_like
from nlpkit.backbones.spec import FeedForwardSpec, NormSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.family_tokenizers import EndOfTextTokenizer
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource

_CONFIG = {
    "attention_bias": ("attention_bias", False),
    "feed_forward_bias": ("mlp_bias", False),
    "embedding_multiplier": ("embedding_multiplier", 1.0),
    "attention_multiplier": ("attention_multiplier", 1.0),
    "residual_multiplier": ("residual_multiplier", 1.0),
    "logits_scaling": ("logits_scaling", 1.0),
}


class GraniteTokenizer(EndOfTextTokenizer):
    """Split text into the byte pairs of Granite, with a token that ends a text.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`.
        start_token, end_token: str. Default "<|end_of_text|>".

    Example:
        >>> vocabulary = {"<|end_of_text|>": 0, "a": 1, "Ġ": 2, "b": 3, "Ġb": 4}
        >>> tokenizer = nlpkit.models.GraniteTokenizer(vocabulary, ["Ġ b"])
        >>> tokenizer("a b")
        [1, 4]
    """

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        start_token: str = "<|end_of_text|>",
        end_token: str = "<|end_of_text|>",
        **kwargs: Any,
    ) -> None:
        tokens = {"start_token": start_token, "end_token": end_token}
        super().__init__(vocabulary, merges, **tokens, **kwargs)


class GraniteBackbone(Backbone):
    """Granite's decoder: Llama's, with factors of embeddings, attention, residuals and logits.

    Args:
        embedding_multiplier: float. Factor of the token embeddings.
        attention_multiplier: float. Factor of the attention scores, in place of
            `head_dim ** -0.5`.
        residual_multiplier: float. Factor of the output of attention and feed-forward layers, as it
            is added to the hidden states.
        logits_scaling: float. What the logits are divided by.
        feed_forward_bias: bool. Whether the feed-forward layers have biases.

    Example:
        >>> backbone = nlpkit.models.GraniteBackbone(
        ...     vocabulary_size=100, num_layers=2, num_query_heads=4, hidden_dim=16,
        ...     intermediate_dim=32, num_key_value_heads=2, residual_multiplier=0.22,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = GraniteTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("granite",)
    hf_architecture: ClassVar[str] = "GraniteModel"
    heads: ClassVar[Heads] = decoder_heads("Granite", classifier="", token_classifier="")
    hf_prefix: ClassVar[str] = "model."

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_query_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        num_key_value_heads: int,
        rope_max_wavelength: float = 10000,
        layer_norm_epsilon: float = 1e-6,
        dropout: float = 0.0,
        dtype: DType = None,
        tie_word_embeddings: bool = False,
        *,
        embedding_multiplier: float = 1.0,
        attention_multiplier: float = 1.0,
        residual_multiplier: float = 1.0,
        logits_scaling: float = 1.0,
        rope_scaling: Mapping[str, Any] | None = None,
        head_dim: int | None = None,
        attention_bias: bool = False,
        feed_forward_bias: bool = False,
        attention_dropout: float = 0.0,
        activation: str = "silu",
        max_sequence_length: int = 2048,
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
            scale=attention_multiplier,
            bias=attention_bias,
            dropout=attention_dropout,
        )
        feed_forward = FeedForwardSpec(
            intermediate_dim, activation, gated=True, use_bias=feed_forward_bias
        )
        layer = llama_like.layer(attention, feed_forward, norm, dropout, residual_multiplier)
        stack = llama_like.stack(
            vocabulary_size,
            hidden_dim,
            [layer] * num_layers,
            norm,
            tie_word_embeddings,
            embedding_scale=embedding_multiplier,
            logits_scale=1 / logits_scaling,
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        return llama_like.table(
            self.num_layers, bias=self.attention_bias, feed_forward_bias=self.feed_forward_bias
        )

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        return llama_like.read(reader, _CONFIG, max_sequence_length=2048)

    def to_hf_config(self) -> dict[str, Any]:
        return llama_like.write(self, self.rope_scaling, own=_CONFIG)


class GraniteCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `GraniteTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = GraniteTokenizer


class GraniteCausalLM(CausalLM):
    """`CausalLM` on a `GraniteBackbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = GraniteBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = GraniteCausalLMPreprocessor
