"""Falcon (Almazrouei et al., 2023, https://arxiv.org/abs/2311.16867).

Three kinds: Falcon-RW (ALiBi, a key and value for each head, sequential layers),
Falcon 7B (rotary positions, one key and value for all heads, both halves at once, on one norm),
Falcon 40B, 180B and 2 (the same with groups of heads; the first two have a norm for each half).
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.causal_attention import causal_attention
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.rope.config import make_scaling, read_rope, write_rope
from nlpkit.backbones.spec import (
    AlibiSpec,
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
from nlpkit.presets.layouts.kerashub.decoder import END_OF_TEXT, FINAL_NORM, SIZES, TOKENS, decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import FLAT_OUTPUT_LAYER, renamed
from nlpkit.presets.mapping.weight_table import Line, expand
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.family_tokenizers import EndOfTextTokenizer

_ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "relu": "relu", "silu": "silu"}
_CONFIG = {
    "vocabulary_size": ("vocab_size", 65024),
    "num_layers": ("num_hidden_layers", 32),
    "num_attention_heads": ("num_attention_heads", 71),
    "hidden_dim": ("hidden_size", 4544),
    "layer_norm_epsilon": ("layer_norm_epsilon", 1e-5),
    "attention_dropout_rate": ("attention_dropout", 0.0),
    "feedforward_dropout_rate": ("hidden_dropout", 0.0),
    "alibi": ("alibi", False),
    "use_bias": ("bias", False),
    "max_sequence_length": ("max_position_embeddings", 2048),
    "tie_word_embeddings": ("tie_word_embeddings", True),
}
# The rows of the fused tensor are, for each group of heads, those of its queries, key and value.
_TABLE = """
token_embedding/embeddings <- word_embeddings.weight
transformer_layer_{i}/attention/query/kernel <- h.{i}.self_attention.query_key_value.weight[0:{heads} of {heads}+2 x {groups}] | transpose
transformer_layer_{i}/attention/key/kernel <- h.{i}.self_attention.query_key_value.weight[{heads} of {heads}+2 x {groups}] | transpose
transformer_layer_{i}/attention/value/kernel <- h.{i}.self_attention.query_key_value.weight[{heads}+1 of {heads}+2 x {groups}] | transpose
transformer_layer_{i}/attention/output/kernel <- h.{i}.self_attention.dense.weight | transpose
transformer_layer_{i}/feed_forward/intermediate/kernel <- h.{i}.mlp.dense_h_to_4h.weight | transpose
transformer_layer_{i}/feed_forward/output/kernel <- h.{i}.mlp.dense_4h_to_h.weight | transpose
transformer_layer_{i}/attention_residual/pre_norm/gamma <- h.{i}.{first_norm}.weight
transformer_layer_{i}/attention_residual/pre_norm/beta <- h.{i}.{first_norm}.bias
final_norm/gamma <- ln_f.weight
final_norm/beta <- ln_f.bias
"""
_BIASES = """
transformer_layer_{i}/attention/query/bias <- h.{i}.self_attention.query_key_value.bias[0:{heads} of {heads}+2 x {groups}]
transformer_layer_{i}/attention/key/bias <- h.{i}.self_attention.query_key_value.bias[{heads} of {heads}+2 x {groups}]
transformer_layer_{i}/attention/value/bias <- h.{i}.self_attention.query_key_value.bias[{heads}+1 of {heads}+2 x {groups}]
transformer_layer_{i}/attention/output/bias <- h.{i}.self_attention.dense.bias
transformer_layer_{i}/feed_forward/intermediate/bias <- h.{i}.mlp.dense_h_to_4h.bias
transformer_layer_{i}/feed_forward/output/bias <- h.{i}.mlp.dense_4h_to_h.bias
"""
_SECOND_NORM = """
transformer_layer_{i}/feed_forward_residual/pre_norm/gamma <- h.{i}.{second_norm}.weight
transformer_layer_{i}/feed_forward_residual/pre_norm/beta <- h.{i}.{second_norm}.bias
"""
# What Hugging Face calls the norms of a layer, by how many there are for parallel halves.
_NORMS = {
    0: {"{first_norm}": "input_layernorm", "{second_norm}": "post_attention_layernorm"},
    1: {"{first_norm}": "input_layernorm"},
    2: {"{first_norm}": "ln_attn", "{second_norm}": "ln_mlp"},
}
_KERASHUB = decoder(
    "Falcon",
    END_OF_TEXT,
    arguments=(
        *SIZES,
        "num_attention_heads",
        "layer_norm_epsilon",
        "attention_dropout_rate",
        "feedforward_dropout_rate",
    ),
    lines=TOKENS + FINAL_NORM,
    layer=renamed(
        FLAT_OUTPUT_LAYER,
        {
            "self_attention_layer/": "attention_layer/",
            "self_attention_layer_norm": "input_layer_norm",
            "feedforward_layer_norm": "post_attention_layer_norm",
            "feedforward_intermediate_dense": "dense_h_to_4h",
            "feedforward_output_dense": "dense_4h_to_h",
        },
    ),
    layer_name="falcon_transformer_decoder",
    sizes={"heads": "num_attention_heads", "groups": "num_attention_heads"},
)


class FalconTokenizer(EndOfTextTokenizer):
    """Split text into Falcon's byte pairs; see `EndOfTextTokenizer`."""


class FalconBackbone(Backbone):
    """Falcon's decoder; by default as in Falcon-RW.

    Args:
        num_attention_heads: int. Number of query heads; must divide `hidden_dim`.
        attention_dropout_rate: float. Dropout rate of the attention weights and of attention's
            output.
        feedforward_dropout_rate: float. Dropout rate of the output of the feed-forward layers.
        num_key_value_heads: int or None. Number of key and value heads; None for as many as query
            heads.
        alibi: bool. Whether attention has linear biases (ALiBi) rather than rotary positions.
        parallel_norms: int. 0 for a feed-forward layer after attention; for one that has
            the same input as attention, the number of their norms, 1 (shared) or 2.
        use_bias: bool. Whether the dense layers have biases.

    Example:
        >>> backbone = nlpkit.models.FalconBackbone(
        ...     vocabulary_size=100, num_layers=2, num_attention_heads=2, hidden_dim=8,
        ...     intermediate_dim=32,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = FalconTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("falcon",)
    hf_architecture: ClassVar[str] = "FalconModel"
    heads: ClassVar[Heads] = decoder_heads("Falcon", tokens="classifier", answers="transformer.")
    hf_prefix: ClassVar[str] = "transformer."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_attention_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        layer_norm_epsilon: float = 1e-5,
        attention_dropout_rate: float = 0.0,
        feedforward_dropout_rate: float = 0.0,
        *,
        num_key_value_heads: int | None = None,
        alibi: bool = True,
        parallel_norms: int = 0,
        use_bias: bool = True,
        activation: str = "gelu",
        max_sequence_length: int = 2048,
        rope_max_wavelength: float = 10000,
        rope_scaling: Mapping[str, Any] | None = None,
        tie_word_embeddings: bool = True,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        norm = NormSpec("layer", layer_norm_epsilon)
        head_dim = hidden_dim // max(num_attention_heads, 1)
        rope = RopeSpec(head_dim, rope_max_wavelength, scaling=make_scaling(rope_scaling))
        attention = causal_attention(
            hidden_dim,
            num_attention_heads,
            num_key_value_heads,
            use_bias=use_bias,
            dropout=attention_dropout_rate,
            heads="num_attention_heads",
            rope=None if alibi else rope,
            # transformers adds it before it scales, and computes it in bfloat16.
            alibi=AlibiSpec(head_dim**-0.5, "bfloat16") if alibi else None,
        )
        second = None if parallel_norms == 1 else norm
        layer = LayerSpec(
            attention,
            ResidualSpec(pre=norm, dropout=attention_dropout_rate),
            FeedForwardSpec(intermediate_dim, activation, gated=False, use_bias=use_bias),
            ResidualSpec(pre=second, dropout=feedforward_dropout_rate),
            parallel=parallel_norms > 0,
        )
        embedding = EmbeddingSpec(vocabulary_size)
        layers, head = (layer,) * num_layers, HeadSpec(tied=tie_word_embeddings)
        stack = StackSpec(hidden_dim, embedding, layers, 0.02, final_norm=norm, head=head)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        table = _TABLE + (_BIASES if self.use_bias else "")
        table += "" if self.parallel_norms == 1 else _SECOND_NORM
        for place, name in _NORMS[self.parallel_norms].items():
            table = table.replace(place, name)
        groups = self.num_key_value_heads or self.num_attention_heads
        heads = self.num_attention_heads // groups
        return expand(table, i=range(self.num_layers), heads=heads, groups=groups)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("apply_residual_connection_post_layernorm", [False], False)
        arguments = reader.arguments(_CONFIG)
        return {
            **arguments,
            **read_rope(reader),
            **_read_kind(reader, arguments["num_attention_heads"]),
            "intermediate_dim": reader.get("ffn_hidden_size", 4 * arguments["hidden_dim"]),
            "activation": reader.require("activation", _ACTIVATIONS, "gelu"),
        }

    def to_hf_config(self) -> dict[str, Any]:
        """The inverse of `from_hf_config`.

        Raises:
            ValueError: transformers knows no groups of heads in layers without `parallel_norms`.
        """
        groups = self.num_key_value_heads or self.num_attention_heads
        is_grouped = groups not in (1, self.num_attention_heads)
        if is_grouped and not self.parallel_norms:
            raise ValueError(
                f"Hugging Face's Falcon has num_key_value_heads={groups} only with parallel_norms."
            )
        is_new = is_grouped or self.parallel_norms == 2
        activations = {own: name for name, own in _ACTIVATIONS.items()}
        return {
            **config_of(self, _CONFIG),
            **write_rope(self.rope_max_wavelength, self.rope_scaling),
            "new_decoder_architecture": is_new,
            "num_ln_in_parallel_attn": self.parallel_norms if is_new else None,
            "parallel_attn": self.parallel_norms > 0,
            "multi_query": groups == 1,
            "num_kv_heads": groups,
            "ffn_hidden_size": self.intermediate_dim,
            "activation": activations[self.activation],
        }


def _read_kind(reader: ConfigReader, num_heads: int) -> dict[str, Any]:
    """The number of key and value heads and of norms; the new architecture states them."""
    is_new = reader.get("new_decoder_architecture", False)
    is_parallel = reader.require("parallel_attn", [True] if is_new else [True, False], True)
    groups = reader.get("num_kv_heads", num_heads)
    if is_new:
        reader.ignore("multi_query")
        norms = reader.require("num_ln_in_parallel_attn", [1, 2], 2)
        return {"num_key_value_heads": groups, "parallel_norms": norms}
    norms = reader.require("num_ln_in_parallel_attn", [1], 1)
    groups = 1 if reader.get("multi_query", True) else num_heads
    return {"num_key_value_heads": groups, "parallel_norms": norms if is_parallel else 0}


class FalconCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `FalconTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = FalconTokenizer


class FalconCausalLM(CausalLM):
    """`CausalLM` on a `FalconBackbone`."""

    backbone_class: ClassVar[type[Backbone]] = FalconBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = FalconCausalLMPreprocessor
