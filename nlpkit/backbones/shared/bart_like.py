"""What BART has in common with the encoder-decoders that its authors' library made of it."""

from dataclasses import replace
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.activations import ACTIVATIONS, NAMES
from nlpkit.backbones.causal_attention import causal_attention
from nlpkit.backbones.encoder_decoder import EncoderDecoderBackbone
from nlpkit.backbones.spec import (
    EmbeddingSpec,
    EncoderDecoderSpec,
    FeedForwardSpec,
    HeadSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    StackSpec,
)
from nlpkit.presets.layouts.config_reader import ConfigReader, config_of
from nlpkit.presets.layouts.kerashub.layers import renamed
from nlpkit.presets.mapping.weight_table import Line, expand, parse

_NORM = NormSpec("layer", 1e-5)
# The first two rows of a position embedding belong to no position, a relic of fairseq.
POSITION_OFFSET = 2
_CONFIG: dict[str, tuple[str, Any]] = {
    "vocabulary_size": ("vocab_size", 50265),
    "num_layers": ("encoder_layers", 12),
    "num_heads": ("encoder_attention_heads", 16),
    "hidden_dim": ("d_model", 1024),
    "intermediate_dim": ("encoder_ffn_dim", 4096),
    "dropout": ("dropout", 0.1),
    "max_sequence_length": ("max_position_embeddings", 1024),
    "attention_dropout": ("attention_dropout", 0.0),
    "activation_dropout": ("activation_dropout", 0.0),
    "scale_embeddings": ("scale_embedding", False),
}
# The decoder's own sizes, None where they are the encoder's.
_OF_DECODER = {
    "num_decoder_layers": ("num_layers", ("decoder_layers", 12)),
    "num_decoder_heads": ("num_heads", ("decoder_attention_heads", 16)),
    "decoder_intermediate_dim": ("intermediate_dim", ("decoder_ffn_dim", 4096)),
}
_SHARED = """
token_embedding/embeddings <- shared.weight
token_embedding/embeddings <- encoder.embed_tokens.weight ; tied
token_embedding/embeddings <- decoder.embed_tokens.weight ; tied
<- encoder.version ; buffer
<- decoder.version ; buffer
"""
_LEARNED = """
{s}_position_embedding/embeddings <- {s}.embed_positions.weight
"""
# Files leave them out, or not.
_FIXED = """
{s}_position_embedding/embeddings <- {s}.embed_positions.weight ; or fixed
"""
_EMBEDDINGS_NORM = """
{s}_embeddings_norm/gamma <- {s}.layernorm_embedding.weight
{s}_embeddings_norm/beta <- {s}.layernorm_embedding.bias
"""
FINAL_NORM = """
{s}_final_norm/gamma <- {s}.layer_norm.weight
{s}_final_norm/beta <- {s}.layer_norm.bias
"""
_SELF_ATTENTION = """
attention/query/kernel <- self_attn.q_proj.weight | transpose
attention/query/bias <- self_attn.q_proj.bias
attention/key/kernel <- self_attn.k_proj.weight | transpose
attention/key/bias <- self_attn.k_proj.bias
attention/value/kernel <- self_attn.v_proj.weight | transpose
attention/value/bias <- self_attn.v_proj.bias
attention/output/kernel <- self_attn.out_proj.weight | transpose
attention/output/bias <- self_attn.out_proj.bias
attention_residual/{norm}/gamma <- self_attn_layer_norm.weight
attention_residual/{norm}/beta <- self_attn_layer_norm.bias
"""
_CROSS_ATTENTION = renamed(
    _SELF_ATTENTION,
    {"attention/": "cross_attention/", "attention_r": "cross_attention_r", "self": "encoder"},
)
_FEED_FORWARD = """
feed_forward/intermediate/kernel <- fc1.weight | transpose
feed_forward/intermediate/bias <- fc1.bias
feed_forward/output/kernel <- fc2.weight | transpose
feed_forward/output/bias <- fc2.bias
feed_forward_residual/{norm}/gamma <- final_layer_norm.weight
feed_forward_residual/{norm}/beta <- final_layer_norm.bias
"""
LM_HEAD = """
lm_head/kernel <- lm_head.weight | transpose
logits_bias/bias <- final_logits_bias ; or zero
"""
STACKS = ("encoder", "decoder")


def layer_lines(
    encoder_depth: int, decoder_depth: int, normalizes_first: bool, key_bias: bool = True
) -> list[Line]:
    """The weight table of the layers of both stacks."""
    norm = "pre_norm" if normalizes_first else "output_norm"
    encoder = _SELF_ATTENTION + _FEED_FORWARD
    layers = [(encoder_depth, encoder), (decoder_depth, encoder + _CROSS_ATTENTION)]
    return [
        line.within(f"{s}_transformer_layer_{i}/", f"{s}.layers.{i}.")
        for s, (depth, layer) in zip(STACKS, layers, strict=True)
        for i in range(depth)
        for line in parse(layer.replace("{norm}", norm))
        if key_bias or not line.variable.endswith("key/bias")
    ]


class BartLikeBackbone(EncoderDecoderBackbone):
    """The encoder and the decoder of BART and its relatives.

    A family says by its class attributes where it differs.

    Args:
        num_layers: int. Number of layers of the encoder.
        num_heads: int. Number of attention heads of the encoder; must divide `hidden_dim`.
        intermediate_dim: int. Intermediate size of the encoder's feed-forward layers.
        dropout: float in [0, 1). Dropout rate of the embeddings, the output of each sub-layer, and
            the attention weights unless given.
        max_sequence_length: int. Maximum length of a source, and of a target; the position
            embeddings have two rows more.
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.
        activation_dropout: float in [0, 1). Dropout rate within the feed-forward layers.
        scale_embeddings: bool. Whether token embeddings are multiplied by `hidden_dim ** 0.5`.
        num_decoder_layers, num_decoder_heads, decoder_intermediate_dim: int or None. The sizes of
            the decoder; None for the encoder's.
    """

    # Whether norms come before the sub-layers, and after the last layer, rather than after them.
    normalizes_first: ClassVar[bool] = False
    # Whether positions are learned and embeddings normalized, rather than sinusoids added to them.
    learns_positions: ClassVar[bool] = True
    hf_prefix: ClassVar[str] = "model."

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        dropout: float = 0.1,
        max_sequence_length: int = 1024,
        *,
        activation: str = "gelu",
        attention_dropout: float | None = None,
        activation_dropout: float = 0.0,
        scale_embeddings: bool = False,
        num_decoder_layers: int | None = None,
        num_decoder_heads: int | None = None,
        decoder_intermediate_dim: int | None = None,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        norm, first, learned = _NORM, self.normalizes_first, self.learns_positions
        rate = dropout if attention_dropout is None else attention_dropout

        def stack(depth: int, heads: int, width: int, name: str, *, decodes: bool) -> StackSpec:
            causal = causal_attention(hidden_dim, heads, use_bias=True, dropout=rate, heads=name)
            whole = replace(causal, causal=False)
            residual = ResidualSpec(
                pre=norm if first else None, output=None if first else norm, dropout=dropout
            )
            layer = LayerSpec(
                causal if decodes else whole,
                residual,
                FeedForwardSpec(width, activation, False, True, activation_dropout),
                residual,
                cross_attention=whole if decodes else None,
                cross_attention_residual=residual if decodes else None,
            )
            embedding = EmbeddingSpec(
                vocabulary_size,
                max_sequence_length,
                norm=norm if learned else None,
                dropout=dropout,
                scale=hidden_dim**0.5 if scale_embeddings else None,
                position_offset=POSITION_OFFSET if learned else 0,
                sinusoids=not learned,
            )
            last = norm if first else None
            head = HeadSpec(tied=True, logits_bias=True) if decodes else None
            layers = (layer,) * depth
            return StackSpec(hidden_dim, embedding, layers, 0.02, final_norm=last, head=head)

        encoder = stack(num_layers, num_heads, intermediate_dim, "num_heads", decodes=False)
        decoder = stack(
            num_decoder_layers or num_layers,
            num_decoder_heads or num_heads,
            decoder_intermediate_dim or intermediate_dim,
            "num_heads" if num_decoder_heads is None else "num_decoder_heads",
            decodes=True,
        )
        super().__init__(EncoderDecoderSpec(encoder, decoder), locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        stack = _LEARNED + _EMBEDDINGS_NORM if self.learns_positions else _FIXED
        stack += FINAL_NORM if self.normalizes_first else ""
        layers = layer_lines(self.num_layers, self.num_own_layers, self.normalizes_first)
        return expand(_SHARED + stack, s=STACKS) + layers

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        for name, value in cls._stated().items():
            reader.require(name, [value], value)
        reader.alias(hidden_size="d_model", num_attention_heads="encoder_attention_heads")
        reader.alias(num_hidden_layers="encoder_layers")
        # Of the training alone, or what forced_bos_token_id says.
        reader.ignore("encoder_layerdrop", "decoder_layerdrop", "classif_dropout")
        reader.ignore("force_bos_token_to_be_generated", "extra_pos_embeddings")
        arguments = reader.arguments(_CONFIG)
        for name, (usual, key) in _OF_DECODER.items():
            value = reader.get(*key)
            arguments[name] = None if value == arguments[usual] else value
        return {
            **arguments,
            "activation": reader.require("activation_function", ACTIVATIONS, "gelu"),
        }

    def to_hf_config(self) -> dict[str, Any]:
        config = config_of(self, _CONFIG)
        if self.attention_dropout is None:
            config["attention_dropout"] = self.dropout
        for name, (usual, (key, _)) in _OF_DECODER.items():
            value = getattr(self, name)
            config[key] = getattr(self, usual) if value is None else value
        return {
            **config,
            "activation_function": NAMES[self.activation],
            "is_encoder_decoder": True,
        }

    @classmethod
    def _stated(cls) -> dict[str, Any]:
        """What configurations say, some of them, of what the class is."""
        return {
            "is_encoder_decoder": True,
            "tie_word_embeddings": True,
            "normalize_before": cls.normalizes_first,
            "add_final_layer_norm": cls.normalizes_first,
            "normalize_embedding": cls.learns_positions,
            "static_position_embeddings": not cls.learns_positions,
            "add_bias_logits": False,
        }
