"""What the generations of Gemma share: specs, configurations, weight tables.

Gemma multiplies the token embeddings by the square root of the hidden size, and its RMS norms
multiply by 1 + their scale. From Gemma 2 on there are layers with a sliding window, the scale of
attention is an argument of its own, and the outputs of sub-layers are normalized too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nlpkit.backbones.layer_types import WINDOW, kinds_of_layers
from nlpkit.backbones.spec import (
    AttentionSpec,
    EmbeddingSpec,
    FeedForwardSpec,
    HeadSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    StackSpec,
)
from nlpkit.presets.layouts.config_reader import ConfigReader, config_of
from nlpkit.presets.layouts.kerashub.decoder import SENTENCE_PIECES, grouped_decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import GATED_LAYER, renamed
from nlpkit.presets.mapping.weight_table import Line, parse

ACTIVATIONS = {"gelu_pytorch_tanh": "gelu_tanh", "gelu": "gelu", "silu": "silu", "relu": "relu"}
_CONFIG: dict[str, tuple[str, Any]] = {
    "vocabulary_size": ("vocab_size", 256000),
    "num_layers": ("num_hidden_layers", 26),
    "num_query_heads": ("num_attention_heads", 8),
    "num_key_value_heads": ("num_key_value_heads", 4),
    "hidden_dim": ("hidden_size", 2304),
    "intermediate_dim": ("intermediate_size", 9216),
    "head_dim": ("head_dim", 256),
    "layer_norm_epsilon": ("rms_norm_eps", 1e-6),
    "attention_bias": ("attention_bias", False),
    "attention_dropout": ("attention_dropout", 0.0),
    "tie_word_embeddings": ("tie_word_embeddings", True),
}
_TABLE = """
token_embedding/embeddings <- embed_tokens.weight
final_norm/scale <- norm.weight
<- layers.*.self_attn.rotary_emb.inv_freq ; buffer
"""
_LAYER = """
attention_residual/pre_norm/scale <- input_layernorm.weight
attention/query/kernel <- self_attn.q_proj.weight | transpose
attention/key/kernel <- self_attn.k_proj.weight | transpose
attention/value/kernel <- self_attn.v_proj.weight | transpose
attention/output/kernel <- self_attn.o_proj.weight | transpose
feed_forward/gate/kernel <- mlp.gate_proj.weight | transpose
feed_forward/intermediate/kernel <- mlp.up_proj.weight | transpose
feed_forward/output/kernel <- mlp.down_proj.weight | transpose
"""
_BIAS = """
attention/query/bias <- self_attn.q_proj.bias
attention/key/bias <- self_attn.k_proj.bias
attention/value/bias <- self_attn.v_proj.bias
attention/output/bias <- self_attn.o_proj.bias
"""
_QUERY_KEY_NORM = """
attention/query_norm/scale <- self_attn.q_norm.weight
attention/key_norm/scale <- self_attn.k_norm.weight
"""
_ATTENTION_POST_NORM = "attention_residual/post_norm/scale <- post_attention_layernorm.weight\n"
_FEED_FORWARD_NORM = "feed_forward_residual/pre_norm/scale <- {name}.weight\n"
_FEED_FORWARD_POST_NORM = (
    "feed_forward_residual/post_norm/scale <- post_feedforward_layernorm.weight\n"
)
_KERASHUB_ARGUMENTS = (
    "head_dim",
    "query_head_dim_normalize",
    "use_post_ffw_norm",
    "use_post_attention_norm",
    "attention_logit_soft_cap",
    "final_logit_soft_cap",
    "use_sliding_window_attention",
    "sliding_window_size",
)
# Of KerasHub's projections the heads are the first axis.
_KERASHUB_LAYER = renamed(
    GATED_LAYER,
    {
        "| merge {heads} last": "| swap first axes, merge {heads} last",
        "| merge {groups} last": "| swap first axes, merge {groups} last",
        "self_attention_layer/": "attention/",
        "self_attention_layer_norm": "pre_attention_norm",
        "feedforward_layer_norm": "pre_ffw_norm",
        "feedforward_gate_dense": "gating_ffw",
        "feedforward_intermediate_dense": "gating_ffw_2",
        "feedforward_output_dense": "ffw_linear",
    },
)
_KERASHUB_NORMS = {
    "use_post_attention_norm": "attention_residual/post_norm/scale <- post_attention_norm/0\n",
    "use_post_ffw_norm": "feed_forward_residual/post_norm/scale <- post_ffw_norm/0\n",
    "use_query_key_norm": """
attention/query_norm/scale <- attention/query_norm/0
attention/key_norm/scale <- attention/key_norm/0
""",
}


def norm(epsilon: float) -> NormSpec:
    """Describe Gemma's norm."""
    return NormSpec("rms", epsilon, unit_offset=True)


def query_scalar(
    given: float | None, by_head_dim: bool, head_dim: int, hidden_dim: int, num_query_heads: int
) -> float:
    """The number whose square root the attention scores are divided by.

    Args:
        given: number or None. The number itself, if it is given.
        by_head_dim: bool. Otherwise, whether it is `head_dim`, or `hidden_dim // num_query_heads`.
        head_dim, hidden_dim, num_query_heads: int. See there.
    """
    if given is not None:
        return given
    return head_dim if by_head_dim else hidden_dim // num_query_heads


def stack(
    vocabulary_size: int,
    hidden_dim: int,
    attentions_of_layers: Sequence[AttentionSpec],
    feed_forward: FeedForwardSpec,
    epsilon: float,
    *,
    post_attention_norm: bool,
    post_feed_forward_norm: bool,
    dropout: float,
    head: HeadSpec | None,
) -> StackSpec:
    """Describe the decoder.

    Args:
        vocabulary_size: int. Number of tokens in the vocabulary.
        hidden_dim: int. Hidden size.
        attentions_of_layers: see `nlpkit.backbones.layer_types`.
        feed_forward: the feed-forward layer of all layers.
        epsilon: float. Of the norms.
        post_attention_norm, post_feed_forward_norm: bool. Whether the output of the sub-layer is
            normalized.
        dropout: float. Dropout rate of the output of each sub-layer.
        head: the language-model head; None for an encoder.
    """
    before = ResidualSpec(pre=norm(epsilon), dropout=dropout)
    around = replace(before, post=norm(epsilon))
    residuals = [around if x else before for x in (post_attention_norm, post_feed_forward_norm)]
    layers = [LayerSpec(x, residuals[0], feed_forward, residuals[1]) for x in attentions_of_layers]
    embedding = EmbeddingSpec(vocabulary_size, scale=hidden_dim**0.5)
    return StackSpec(
        hidden_dim, embedding, tuple(layers), 0.02, final_norm=norm(epsilon), head=head
    )


def table(
    num_layers: int,
    *,
    bias: bool,
    post_attention_norm: bool,
    post_feed_forward_norm: bool,
    query_key_norm: bool = False,
    feed_forward_norm: str = "pre_feedforward_layernorm",
) -> list[Line]:
    """The weight table, with Hugging Face's names.

    Args:
        num_layers: int. Number of layers.
        bias, post_attention_norm, post_feed_forward_norm, query_key_norm: bool. Whether the layers
            have it.
        feed_forward_norm: str. What the norm before the feed-forward layers is called.
    """
    text = _LAYER + _FEED_FORWARD_NORM.replace("{name}", feed_forward_norm)
    text += _BIAS * bias + _QUERY_KEY_NORM * query_key_norm
    text += _ATTENTION_POST_NORM * post_attention_norm
    text += _FEED_FORWARD_POST_NORM * post_feed_forward_norm
    lines = parse(text)
    layers = (f"{i}" for i in range(num_layers))
    return parse(_TABLE) + [
        line.within(f"transformer_layer_{i}/", f"layers.{i}.") for i in layers for line in lines
    ]


def read(reader: ConfigReader, max_sequence_length: int = 8192) -> dict[str, Any]:
    """The constructor's arguments that all generations have in their configuration."""
    arguments = reader.arguments(_CONFIG)
    longest = reader.get("max_position_embeddings", max_sequence_length)
    return {**arguments, "max_sequence_length": longest}


def write(backbone: Any) -> dict[str, Any]:
    """The inverse of `read`."""
    config = config_of(backbone, _CONFIG)
    return {**config, "max_position_embeddings": backbone.max_sequence_length}


def read_later(
    reader: ConfigReader, num_layers: int, period: int, caps: tuple[float | None, float | None]
) -> dict[str, Any]:
    """The constructor's arguments that came with Gemma 2.

    Args:
        reader: of the configuration.
        num_layers: int. Number of layers.
        period: int. See `kinds_of_layers`; what the configuration means if it does not list them.
        caps: the soft caps of attention and of the logits if it states none.
    """
    kinds = reader.get("layer_types", None, kind=list)
    kinds = kinds_of_layers(num_layers, True, kinds, period)
    names = ("attn_logit_softcapping", "final_logit_softcapping")
    attention_cap, final_cap = (
        None if reader.is_null(name) else reader.get(name, cap, kind=float)
        for name, cap in zip(names, caps, strict=True)
    )
    # How its cache was laid out.
    reader.ignore("hidden_act")
    window = reader.get("sliding_window", 4096)
    reader.require("sliding_window_size", [window], window)
    return {
        "query_pre_attn_scalar": reader.get("query_pre_attn_scalar", 256, kind=float),
        "attention_logit_soft_cap": attention_cap,
        "final_logit_soft_cap": final_cap,
        "use_sliding_window_attention": WINDOW in kinds,
        "sliding_window_size": window,
        "layer_types": kinds,
        "activation": reader.require("hidden_activation", ACTIVATIONS, "gelu_pytorch_tanh"),
    }


def write_later(backbone: Any, kinds: Sequence[str], scalar: float) -> dict[str, Any]:
    """The inverse of `read_later`, with the kinds of the layers and `query_scalar`."""
    names = {own: name for name, own in ACTIVATIONS.items()}
    return {
        "query_pre_attn_scalar": scalar,
        "attn_logit_softcapping": backbone.attention_logit_soft_cap,
        "final_logit_softcapping": backbone.final_logit_soft_cap,
        "sliding_window": backbone.sliding_window_size,
        "layer_types": list(kinds),
        "hidden_activation": names[backbone.activation],
    }


def kerashub(
    name: str,
    *,
    layer_name: str,
    arguments: tuple[str, ...] = (),
    tokenizer_inert: Mapping[str, Any] | None = None,
    **further: Any,
) -> Family:
    """Describe KerasHub's family of a generation.

    Args:
        name, layer_name: of `grouped_decoder`.
        arguments: what its backbone has beside the arguments of the first generation.
        tokenizer_inert: `inert` of the tokenizer's mapping, beside that of all of SentencePiece.
        **further: further arguments of `grouped_decoder`.
    """
    inert = {**SENTENCE_PIECES["inert"], **(tokenizer_inert or {})}
    stated = (*_KERASHUB_ARGUMENTS, *arguments)
    return grouped_decoder(
        name,
        {**SENTENCE_PIECES, "inert": inert},
        arguments=stated,
        final_norm="rms_normalization",
        layer=_KERASHUB_LAYER,
        layer_name=layer_name,
        options={norm: lines for norm, lines in _KERASHUB_NORMS.items() if norm in stated},
        **further,
    )
