"""The weight tables of T5 and its relatives, with Hugging Face's names."""

from collections.abc import Mapping

from nlpkit.presets.layouts.kerashub.layers import renamed
from nlpkit.presets.mapping.weight_table import Line, expand

_TABLE = """
token_embedding/embeddings <- shared.weight
token_embedding/embeddings <- encoder.embed_tokens.weight ; tied
token_embedding/embeddings <- decoder.embed_tokens.weight ; tied
encoder_final_norm/scale <- encoder.final_layer_norm.weight
decoder_final_norm/scale <- decoder.final_layer_norm.weight
<- decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight ; buffer
"""
_SHARED_BIAS = """
{s}_relative/table/embeddings <- {s}.block.0.layer.0.SelfAttention.relative_attention_bias.weight
"""
_OWN_BIAS = """
{s}_relative_{i}/table/embeddings <- {s}.block.{i}.layer.0.SelfAttention.relative_attention_bias.weight
"""
_SELF_ATTENTION = """
{s}_transformer_layer_{i}/attention/query/kernel <- {s}.block.{i}.layer.0.SelfAttention.q.weight | transpose
{s}_transformer_layer_{i}/attention/key/kernel <- {s}.block.{i}.layer.0.SelfAttention.k.weight | transpose
{s}_transformer_layer_{i}/attention/value/kernel <- {s}.block.{i}.layer.0.SelfAttention.v.weight | transpose
{s}_transformer_layer_{i}/attention/output/kernel <- {s}.block.{i}.layer.0.SelfAttention.o.weight | transpose
{s}_transformer_layer_{i}/attention_residual/pre_norm/scale <- {s}.block.{i}.layer.0.layer_norm.weight
"""
_CROSS_ATTENTION = renamed(
    _SELF_ATTENTION,
    {"/attention": "/cross_attention", "layer.0.": "layer.1.", "SelfAttention": "EncDecAttention"},
)
_FEED_FORWARD = """
{s}_transformer_layer_{i}/feed_forward/output/kernel <- {s}.block.{i}.layer.{last}.DenseReluDense.wo.weight | transpose
{s}_transformer_layer_{i}/feed_forward_residual/pre_norm/scale <- {s}.block.{i}.layer.{last}.layer_norm.weight
"""
_PLAIN = """
{s}_transformer_layer_{i}/feed_forward/intermediate/kernel <- {s}.block.{i}.layer.{last}.DenseReluDense.wi.weight | transpose
"""
_GATED = """
{s}_transformer_layer_{i}/feed_forward/gate/kernel <- {s}.block.{i}.layer.{last}.DenseReluDense.wi_0.weight | transpose
{s}_transformer_layer_{i}/feed_forward/intermediate/kernel <- {s}.block.{i}.layer.{last}.DenseReluDense.wi_1.weight | transpose
"""


def t5_table(depths: Mapping[str, int], gated: bool, shared: bool) -> list[Line]:
    """Where the variables of an encoder and a decoder are in a checkpoint.

    Args:
        depths: dict of int. The number of layers, of "encoder" and "decoder".
        gated: bool. Whether the activation gates a second projection.
        shared: bool. Whether all layers have the relative biases of the first.
    """
    layer = _SELF_ATTENTION + _FEED_FORWARD + (_GATED if gated else _PLAIN)
    layer += "" if shared else _OWN_BIAS
    first = expand(_SHARED_BIAS, s=depths) if shared else []
    own = {"encoder": (layer, 1), "decoder": (layer + _CROSS_ATTENTION, 2)}
    return [*expand(_TABLE), *first] + [
        line
        for s, (lines, last) in own.items()
        for line in expand(lines, s=[s], i=range(depths[s]), last=last)
    ]
