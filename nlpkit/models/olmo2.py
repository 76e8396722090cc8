"""OLMo 2 (OLMo Team, 2024, https://arxiv.org/abs/2501.00656)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones import llama_like
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.spec import FeedForwardSpec, LayerSpec, NormSpec, ResidualSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.mapping.weight_table import Line, expand
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer

_TABLE = """
token_embedding/embeddings <- embed_tokens.weight
final_norm/scale <- norm.weight
"""
_LAYER = """
attention/query/kernel <- self_attn.q_proj.weight | transpose
attention/key/kernel <- self_attn.k_proj.weight | transpose
attention/value/kernel <- self_attn.v_proj.weight | transpose
attention/output/kernel <- self_attn.o_proj.weight | transpose
attention/query_norm/scale <- self_attn.q_norm.weight
attention/key_norm/scale <- self_attn.k_norm.weight
attention_residual/post_norm/scale <- post_attention_layernorm.weight
feed_forward/gate/kernel <- mlp.gate_proj.weight | transpose
feed_forward/intermediate/kernel <- mlp.up_proj.weight | transpose
feed_forward/output/kernel <- mlp.down_proj.weight | transpose
feed_forward_residual/post_norm/scale <- post_feedforward_layernorm.weight
"""
_BIAS = """
attention/query/bias <- self_attn.q_proj.bias
attention/key/bias <- self_attn.k_proj.bias
attention/value/bias <- self_attn.v_proj.bias
attention/output/bias <- self_attn.o_proj.bias
"""
_CONFIG = {"attention_bias": ("attention_bias", False)}


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
        feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=True, use_bias=False)
        residual = ResidualSpec(post=norm, dropout=dropout)
        layers = [LayerSpec(attention, residual, feed_forward, residual)] * num_layers
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._head_dim = attention.head_dim

    def weight_table(self) -> list[Line]:
        lines = expand(_LAYER + _BIAS * self.attention_bias)
        return expand(_TABLE) + [
            line.within(f"transformer_layer_{i}/", f"layers.{i}.")
            for i in range(self.num_layers)
            for line in lines
        ]

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        defaults = {"max_sequence_length": 2048, "layer_norm_epsilon": 1e-5}
        return llama_like.read(reader, _CONFIG, **defaults)

    def to_hf_config(self) -> dict[str, Any]:
        return llama_like.write(self, self.rope_scaling, {"head_dim": "_head_dim"}, _CONFIG)


class Olmo2CausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with an `Olmo2Tokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = Olmo2Tokenizer


class Olmo2CausalLM(CausalLM):
    """`CausalLM` on an `Olmo2Backbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = Olmo2Backbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = Olmo2CausalLMPreprocessor
    hf_architecture: ClassVar[str] = "Olmo2ForCausalLM"
