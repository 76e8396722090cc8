"""GPT-NeoX (Black et al., 2022, https://arxiv.org/abs/2204.06745).

Also Pythia (Biderman et al., 2023, https://arxiv.org/abs/2304.01373).
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.causal_attention import causal_attention
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.rope.config import make_scaling, read_rope, write_rope
from nlpkit.backbones.spec import (
    EmbeddingSpec,
    FeedForwardSpec,
    HeadSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    RopeSpec,
    StackSpec,
)
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader, config_of
from nlpkit.presets.layouts.kerashub.decoder import END_OF_TEXT, FINAL_NORM, PLAIN, TOKENS, decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import FUSED_LAYER
from nlpkit.presets.mapping.weight_table import Line, expand
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.family_tokenizers import EndOfTextTokenizer

_ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
    "silu": "silu",
}
_CONFIG = {
    "vocabulary_size": ("vocab_size", 50432),
    "num_layers": ("num_hidden_layers", 44),
    "num_heads": ("num_attention_heads", 64),
    "hidden_dim": ("hidden_size", 6144),
    "intermediate_dim": ("intermediate_size", 24576),
    "dropout": ("hidden_dropout", 0.0),
    "layer_norm_epsilon": ("layer_norm_eps", 1e-5),
    "max_sequence_length": ("max_position_embeddings", 2048),
    "attention_dropout": ("attention_dropout", 0.0),
    "attention_bias": ("attention_bias", True),
    "parallel_residual": ("use_parallel_residual", True),
    "tie_word_embeddings": ("tie_word_embeddings", False),
}
# The rows of the fused tensor are, for each head, those of its query, its key and its value.
_TABLE = """
token_embedding/embeddings <- embed_in.weight
transformer_layer_{i}/attention_residual/pre_norm/gamma <- layers.{i}.input_layernorm.weight
transformer_layer_{i}/attention_residual/pre_norm/beta <- layers.{i}.input_layernorm.bias
transformer_layer_{i}/attention/query/kernel <- layers.{i}.attention.query_key_value.weight[0 of 3 x {heads}] | transpose
transformer_layer_{i}/attention/key/kernel <- layers.{i}.attention.query_key_value.weight[1 of 3 x {heads}] | transpose
transformer_layer_{i}/attention/value/kernel <- layers.{i}.attention.query_key_value.weight[2 of 3 x {heads}] | transpose
transformer_layer_{i}/attention/output/kernel <- layers.{i}.attention.dense.weight | transpose
transformer_layer_{i}/feed_forward_residual/pre_norm/gamma <- layers.{i}.post_attention_layernorm.weight
transformer_layer_{i}/feed_forward_residual/pre_norm/beta <- layers.{i}.post_attention_layernorm.bias
transformer_layer_{i}/feed_forward/intermediate/kernel <- layers.{i}.mlp.dense_h_to_4h.weight | transpose
transformer_layer_{i}/feed_forward/intermediate/bias <- layers.{i}.mlp.dense_h_to_4h.bias
transformer_layer_{i}/feed_forward/output/kernel <- layers.{i}.mlp.dense_4h_to_h.weight | transpose
transformer_layer_{i}/feed_forward/output/bias <- layers.{i}.mlp.dense_4h_to_h.bias
final_norm/gamma <- final_layer_norm.weight
final_norm/beta <- final_layer_norm.bias
<- layers.*.attention.rotary_emb.inv_freq ; buffer
<- layers.*.attention.masked_bias ; buffer
<- layers.*.attention.bias ; buffer
"""
_ATTENTION_BIASES = """
transformer_layer_{i}/attention/query/bias <- layers.{i}.attention.query_key_value.bias[0 of 3 x {heads}]
transformer_layer_{i}/attention/key/bias <- layers.{i}.attention.query_key_value.bias[1 of 3 x {heads}]
transformer_layer_{i}/attention/value/bias <- layers.{i}.attention.query_key_value.bias[2 of 3 x {heads}]
transformer_layer_{i}/attention/output/bias <- layers.{i}.attention.dense.bias
"""
_KERASHUB = decoder(
    "GPTNeoX",
    END_OF_TEXT,
    arguments=(
        *PLAIN,
        "layer_norm_epsilon",
        "max_sequence_length",
        "rotary_percentage",
        "rotary_max_wavelength",
    ),
    fixed={"activation": "gelu_tanh", "tie_word_embeddings": True},
    lines=TOKENS + FINAL_NORM,
    layer=FUSED_LAYER,
    layer_name="gpt_neo_x_decoder",
)


class GPTNeoXTokenizer(EndOfTextTokenizer):
    """Split text into GPT-NeoX's byte pairs; see `EndOfTextTokenizer`."""


class GPTNeoXBackbone(Backbone):
    """GPT-NeoX's decoder: partial rotary positions, parallel attention and feed-forward layers.

    Args:
        dropout: float in [0, 1). Dropout rate of the embeddings and the output of each sub-layer.
        rotary_percentage: float. Fraction of each head that is rotated.
        rotary_max_wavelength: float. Base of the rotary frequencies.
        activation: str. "gelu", the exact form, as in Pythia; "gelu_tanh" (GPT-NeoX-20B; KerasHub
            for all), "relu" or "silu".
        parallel_residual: bool. Whether the feed-forward layer has the same input as attention.

    Example:
        >>> backbone = nlpkit.models.GPTNeoXBackbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=16, intermediate_dim=32
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = GPTNeoXTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("gpt_neox",)
    hf_architecture: ClassVar[str] = "GPTNeoXModel"
    heads: ClassVar[Heads] = decoder_heads(
        "GPTNeoX", lm_head="embed_out.weight", tokens="classifier", answers="gpt_neox."
    )
    hf_prefix: ClassVar[str] = "gpt_neox."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        dropout: float = 0.0,
        rotary_percentage: float = 0.25,
        rotary_max_wavelength: float = 10000,
        layer_norm_epsilon: float = 1e-5,
        max_sequence_length: int = 512,
        *,
        activation: str = "gelu",
        attention_dropout: float = 0.0,
        attention_bias: bool = True,
        parallel_residual: bool = True,
        tie_word_embeddings: bool = False,
        rope_scaling: Mapping[str, Any] | None = None,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        norm = NormSpec("layer", layer_norm_epsilon)
        residual = ResidualSpec(pre=norm, dropout=dropout)
        rotary_dim = int(hidden_dim // max(num_heads, 1) * rotary_percentage)
        rope = RopeSpec(rotary_dim, rotary_max_wavelength, scaling=make_scaling(rope_scaling))
        attention = causal_attention(
            hidden_dim, num_heads, use_bias=attention_bias, dropout=attention_dropout, rope=rope
        )
        feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=False, use_bias=True)
        layer = LayerSpec(attention, residual, feed_forward, residual, parallel_residual)
        embedding = EmbeddingSpec(vocabulary_size, dropout=dropout)
        layers, head = (layer,) * num_layers, HeadSpec(tied=tie_word_embeddings)
        stack = StackSpec(hidden_dim, embedding, layers, 0.02, final_norm=norm, head=head)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        table = _TABLE + (_ATTENTION_BIASES if self.attention_bias else "")
        return expand(table, i=range(self.num_layers), heads=self.num_heads)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        arguments = reader.arguments(_CONFIG)
        rope = read_rope(
            reader,
            default_fraction=0.25,
            wavelength_key="rotary_emb_base",
            fraction_key="rotary_pct",
        )
        return {
            **arguments,
            "activation": reader.require("hidden_act", _ACTIVATIONS, "gelu"),
            "rotary_percentage": rope["partial_rotary_factor"],
            "rotary_max_wavelength": rope["rope_max_wavelength"],
            "rope_scaling": rope["rope_scaling"],
        }

    def to_hf_config(self) -> dict[str, Any]:
        rope = write_rope(self.rotary_max_wavelength, self.rope_scaling)
        activations = {own: name for name, own in reversed(_ACTIVATIONS.items())}
        return {
            **config_of(self, _CONFIG),
            "hidden_act": activations[self.activation],
            "rotary_pct": self.rotary_percentage,
            "rotary_emb_base": rope.pop("rope_theta"),
            **rope,
        }


class GPTNeoXCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `GPTNeoXTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = GPTNeoXTokenizer


class GPTNeoXCausalLM(CausalLM):
    """`CausalLM` on a `GPTNeoXBackbone`, by default with an untied head."""

    backbone_class: ClassVar[type[Backbone]] = GPTNeoXBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = GPTNeoXCausalLMPreprocessor
