"""The weight tables of decoders like Llama, with Hugging Face's names."""

from collections.abc import Callable
from dataclasses import replace

from nlpkit.presets.mapping.weight_table import Line, parse

_TABLE = """
token_embedding/embeddings <- embed_tokens.weight
final_norm/scale <- norm.weight
<- layers.*.self_attn.rotary_emb.inv_freq ; buffer
"""
_LAYER = """
attention/query/kernel <- self_attn.q_proj.weight | transpose
attention/key/kernel <- self_attn.k_proj.weight | transpose
attention/value/kernel <- self_attn.v_proj.weight | transpose
attention/output/kernel <- self_attn.o_proj.weight | transpose
"""
_FIRST_NORM = """
attention_residual/pre_norm/scale <- input_layernorm.weight
"""
_SECOND_NORM = """
feed_forward_residual/pre_norm/scale <- post_attention_layernorm.weight
"""
_NORMS_AFTER = """
attention_residual/post_norm/scale <- post_attention_layernorm.weight
feed_forward_residual/post_norm/scale <- post_feedforward_layernorm.weight
"""
_INPUT_BIAS = """
attention/query/bias <- self_attn.q_proj.bias
attention/key/bias <- self_attn.k_proj.bias
attention/value/bias <- self_attn.v_proj.bias
"""
_OUTPUT_BIAS = """
attention/output/bias <- self_attn.o_proj.bias
"""
_QUERY_KEY_NORM = """
attention/query_norm/scale <- self_attn.q_norm.weight
attention/key_norm/scale <- self_attn.k_norm.weight
"""
FEED_FORWARD = """
feed_forward/gate/kernel <- mlp.gate_proj.weight | transpose
feed_forward/intermediate/kernel <- mlp.up_proj.weight | transpose
feed_forward/output/kernel <- mlp.down_proj.weight | transpose
"""
_FEED_FORWARD_BIAS = """
feed_forward/gate/bias <- mlp.gate_proj.bias
feed_forward/intermediate/bias <- mlp.up_proj.bias
feed_forward/output/bias <- mlp.down_proj.bias
"""


def table(
    num_layers: int,
    *,
    bias: bool = False,
    input_bias: bool = False,
    query_key_norm: bool = False,
    feed_forward_bias: bool = False,
    feed_forward: Callable[[int], list[Line]] | None = None,
    norm: str = "rms",
    parallel: bool = False,
    norms_after: bool = False,
) -> list[Line]:
    """The weight table, with Hugging Face's names.

    Args:
        num_layers: int. Number of layers.
        bias: bool. Whether the query, key, value and output projections have biases.
        input_bias: bool. Whether the query, key and value projections have biases.
        query_key_norm, feed_forward_bias: bool. What else there is.
        feed_forward: function from the index of a layer to the lines of its feed-forward layer,
            where it is not the usual one.
        norm: str. The kind of the norms, "rms" or "layer".
        parallel: bool. Whether attention and the feed-forward layer share a norm.
        norms_after: bool. Whether outputs are normalized in place of inputs, as in OLMo 2.
    """
    before = _FIRST_NORM + _SECOND_NORM * (not parallel)
    text = _LAYER + (_NORMS_AFTER if norms_after else before)
    text += _INPUT_BIAS * (bias or input_bias) + _OUTPUT_BIAS * bias
    text += _QUERY_KEY_NORM * query_key_norm
    usual = parse(FEED_FORWARD + _FEED_FORWARD_BIAS * feed_forward_bias)
    layers = [
        line.within(f"transformer_layer_{i}/", f"layers.{i}.")
        for i in range(num_layers)
        for line in parse(text) + (usual if feed_forward is None else feed_forward(i))
    ]
    lines = parse(_TABLE) + layers
    return lines if norm == "rms" else [of for line in lines for of in _with_shift(line)]


def _with_shift(line: Line) -> list[Line]:
    """A line of an RMS norm as those of a layer norm, others as they are."""
    if not line.variable.endswith("norm/scale"):
        return [line]
    norm, tensor = line.variable.removesuffix("scale"), line.tensor.removesuffix("weight")
    shift = replace(line, variable=f"{norm}beta", tensor=f"{tensor}bias")
    return [replace(line, variable=f"{norm}gamma"), shift]
