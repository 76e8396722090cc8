"""Qwen 3 (Yang et al., 2025, https://arxiv.org/abs/2505.09388)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.layer_types import attentions_of_layers, kinds_by_index
from nlpkit.backbones.shared import llama_like
from nlpkit.backbones.spec import FeedForwardSpec, NormSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import IM_END, ROPE, grouped_decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import GATED_LAYER, PROJECTION_NORMS
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.family_tokenizers import ImEndTokenizer

_KERASHUB = grouped_decoder(
    "Qwen3",
    IM_END,
    arguments=(*ROPE, "head_dim", "tie_word_embeddings", "sliding_window_size"),
    final_norm="qwen3_layer_norm",
    layer=GATED_LAYER + PROJECTION_NORMS,
    layer_name="qwen3_transformer_decoder",
)


class Qwen3Tokenizer(ImEndTokenizer):
    """Split text into the byte pairs of Qwen 3; see `ImEndTokenizer`.

    Example:
        >>> vocabulary = {"<|endoftext|>": 0, "<|im_end|>": 1, "a": 2, "Ġ": 3, "b": 4, "Ġb": 5}
        >>> tokenizer = nlpkit.models.Qwen3Tokenizer(vocabulary, ["Ġ b"])
        >>> tokenizer("a b")
        [2, 5]
        >>> tokenizer.end_token_id
        1
    """


class Qwen3Backbone(Backbone):
    """Qwen 3's decoder: Llama's, with normalized queries and keys.

    Args:
        window_layers: ints or None. Indices of the layers with the window; None for all.

    Example:
        >>> backbone = nlpkit.models.Qwen3Backbone(
        ...     vocabulary_size=100, num_layers=2, num_query_heads=4, num_key_value_heads=2,
        ...     head_dim=8, hidden_dim=16, intermediate_dim=32,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = Qwen3Tokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("qwen3",)
    hf_architecture: ClassVar[str] = "Qwen3Model"
    heads: ClassVar[Heads] = decoder_heads("Qwen3", answers="transformer.")
    hf_prefix: ClassVar[str] = "model."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_query_heads: int,
        num_key_value_heads: int,
        head_dim: int | None,
        hidden_dim: int,
        intermediate_dim: int,
        rope_max_wavelength: float = 10000,
        rope_scaling_factor: float = 1.0,
        layer_norm_epsilon: float = 1e-6,
        dropout: float = 0.0,
        tie_word_embeddings: bool = True,
        sliding_window_size: int | None = 32768,
        dtype: DType = None,
        *,
        rope_scaling: Mapping[str, Any] | None = None,
        attention_bias: bool = False,
        window_layers: Sequence[int] | None = None,
        attention_dropout: float = 0.0,
        activation: str = "silu",
        max_sequence_length: int = 32768,
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
            bias=attention_bias,
            query_key_norm=norm,
            dropout=attention_dropout,
        )
        feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=True, use_bias=False)
        kinds = kinds_by_index(num_layers, window_layers)
        attentions = attentions_of_layers(attention, kinds, sliding_window_size)
        layers = [llama_like.layer(each, feed_forward, norm, dropout) for each in attentions]
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._scaling = scaling

    def weight_table(self) -> list[Line]:
        return llama_like.table(self.num_layers, bias=self.attention_bias, query_key_norm=True)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        common = llama_like.read(reader, max_sequence_length=32768)
        window, layers = llama_like.read_windows(reader, common["num_layers"])
        return {
            **common,
            "head_dim": reader.get("head_dim", 128),
            "attention_bias": reader.get("attention_bias", False),
            "sliding_window_size": window,
            "window_layers": layers,
        }

    def to_hf_config(self) -> dict[str, Any]:
        window, layers = self.sliding_window_size, self.window_layers
        return {
            **llama_like.write(self, self._scaling),
            **llama_like.write_windows(window, layers, self.num_layers),
            "attention_bias": self.attention_bias,
        }


class Qwen3CausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `Qwen3Tokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = Qwen3Tokenizer
    stop_tokens: ClassVar[tuple[str, ...]] = ("end_token", "pad_token")


class Qwen3CausalLM(CausalLM):
    """`CausalLM` on a `Qwen3Backbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = Qwen3Backbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = Qwen3CausalLMPreprocessor
