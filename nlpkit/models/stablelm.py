"""StableLM 3B and StableLM 2 (Bellagente et al., 2024, https://arxiv.org/abs/2402.17834)."""

from typing import Any, ClassVar

from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.shared import llama_like
from nlpkit.backbones.spec import FeedForwardSpec, LayerSpec, NormSpec, ResidualSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer

_END = "<|endoftext|>"
_CONFIG = {
    "layer_norm_epsilon": ("layer_norm_eps", 1e-5),
    "use_qkv_bias": ("use_qkv_bias", False),
    "parallel": ("use_parallel_residual", False),
    "dropout": ("hidden_dropout", 0.0),
    "partial_rotary_factor": ("partial_rotary_factor", 0.25),
}


class StableLMTokenizer(BytePairTokenizer):
    """Split text into StableLM's byte pairs, with a token for end and padding.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`.
        end_token: str. Default "<|endoftext|>".

    Example:
        >>> vocabulary = {"<|endoftext|>": 0, "a": 1, "Ġ": 2, "b": 3, "Ġb": 4}
        >>> tokenizer = nlpkit.models.StableLMTokenizer(vocabulary, ["Ġ b"])
        >>> tokenizer("a b")
        [1, 4]
        >>> tokenizer.end_token_id
        0
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("end_token",)

    def __init__(
        self, vocabulary: Any = None, merges: Any = None, *, end_token: str = _END, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.end_token = end_token
        self.set_vocabulary_and_merges(vocabulary, merges)


class StableLMBackbone(Backbone):
    """StableLM's decoder: Llama's, with layer norms and partial rotary positions.

    Args:
        num_query_heads: int. Number of query heads; must divide `hidden_dim`.
        use_qkv_bias: bool. Whether the query, key and value projections have biases.
        parallel: bool. Whether attention and the feed-forward layer have the same normalized input.
        dropout: float in [0, 1). Dropout rate of the output of the feed-forward layers.

    Example:
        >>> backbone = nlpkit.models.StableLMBackbone(
        ...     vocabulary_size=100, num_layers=2, num_query_heads=2, hidden_dim=16,
        ...     intermediate_dim=32, num_key_value_heads=2,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = StableLMTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("stablelm",)
    hf_architecture: ClassVar[str] = "StableLmModel"
    heads: ClassVar[Heads] = decoder_heads("StableLm")
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
        partial_rotary_factor: float = 0.25,
        layer_norm_epsilon: float = 1e-5,
        use_qkv_bias: bool = False,
        parallel: bool = False,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        activation: str = "silu",
        tie_word_embeddings: bool = False,
        rope_scaling: dict[str, Any] | None = None,
        head_dim: int | None = None,
        max_sequence_length: int = 4096,
        **kwargs: Any,
    ) -> None:
        attention = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=rope_scaling,
            rotary_part=partial_rotary_factor,
            input_bias=use_qkv_bias,
            dropout=attention_dropout,
        )
        inner = FeedForwardSpec(intermediate_dim, activation, gated=True, use_bias=False)
        norm = NormSpec("layer", layer_norm_epsilon)
        second = ResidualSpec(None if parallel else norm, dropout=dropout)
        layers = [LayerSpec(attention, ResidualSpec(norm), inner, second, parallel)] * num_layers
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        super().__init__(stack, locals(), **kwargs)

    def weight_table(self) -> list[Line]:
        shape: dict[str, Any] = {"norm": "layer", "parallel": self.parallel}
        return llama_like.table(self.num_layers, input_bias=self.use_qkv_bias, **shape)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("qk_layernorm", [False], False)
        defaults: dict[str, Any] = {"max_sequence_length": 4096, "partial_rotary_factor": 0.25}
        return llama_like.read(reader, _CONFIG, **defaults)

    def to_hf_config(self) -> dict[str, Any]:
        return llama_like.write(self, self.rope_scaling, own=_CONFIG)


class StableLMCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `StableLMTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = StableLMTokenizer


class StableLMCausalLM(CausalLM):
    """`CausalLM` on a `StableLMBackbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = StableLMBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = StableLMCausalLMPreprocessor
