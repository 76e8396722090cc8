"""The weight tables of KerasHub's layers, as most of its families name their tensors.

{heads} and {groups} are the numbers of query heads and of key and value heads, {width} that of an
expert's columns, {norm} the place of the norms in a layer.
"""

from collections.abc import Mapping

_PROJECTIONS = """
attention/query/kernel <- self_attention_layer/query_dense/0 | merge {heads} last heads
attention/key/kernel <- self_attention_layer/key_dense/0 | merge {groups} last heads
attention/value/kernel <- self_attention_layer/value_dense/0 | merge {groups} last heads
"""
_FLAT_PROJECTIONS = """
attention/query/kernel <- self_attention_layer/query_dense/0
attention/key/kernel <- self_attention_layer/key_dense/0
attention/value/kernel <- self_attention_layer/value_dense/0
"""
_OUTPUT = """
attention/output/kernel <- self_attention_layer/output_dense/0 | merge {heads} first heads
"""
PROJECTION_BIASES = """
attention/query/bias <- self_attention_layer/query_dense/1 | merge {heads} last heads
attention/key/bias <- self_attention_layer/key_dense/1 | merge {groups} last heads
attention/value/bias <- self_attention_layer/value_dense/1 | merge {groups} last heads
"""
PROJECTION_NORMS = """
attention/query_norm/scale <- self_attention_layer/query_dense_layer_norm/0
attention/key_norm/scale <- self_attention_layer/key_dense_layer_norm/0
"""
_FUSED_PROJECTIONS = """
attention/query/kernel <- self_attention_layer/qkv_dense/0[:, :, 0 of 3] | merge {heads} last heads
attention/query/bias <- self_attention_layer/qkv_dense/1[:, 0 of 3] | merge {heads} last heads
attention/key/kernel <- self_attention_layer/qkv_dense/0[:, :, 1 of 3] | merge {heads} last heads
attention/key/bias <- self_attention_layer/qkv_dense/1[:, 1 of 3] | merge {heads} last heads
attention/value/kernel <- self_attention_layer/qkv_dense/0[:, :, 2 of 3] | merge {heads} last heads
attention/value/bias <- self_attention_layer/qkv_dense/1[:, 2 of 3] | merge {heads} last heads
"""
_FLAT_OUTPUT = """
attention/output/kernel <- self_attention_layer/output_dense/0
"""
_RMS_NORMS = """
attention_residual/pre_norm/scale <- self_attention_layer_norm/0
feed_forward_residual/pre_norm/scale <- feedforward_layer_norm/0
"""
_GATED_FEED_FORWARD = """
feed_forward/gate/kernel <- feedforward_gate_dense/0
feed_forward/intermediate/kernel <- feedforward_intermediate_dense/0
feed_forward/output/kernel <- feedforward_output_dense/0
"""
_EXPERTS = """
feed_forward/router/kernel <- sparse_moe_block/sparse_feedforward_gate_dense/0
feed_forward/gate/kernel <- sparse_moe_block/expert_bank/0
feed_forward/intermediate/kernel <- sparse_moe_block/expert_bank/1
feed_forward/output/kernel <- sparse_moe_block/expert_bank/2
"""
_FUSED_EXPERTS = """
feed_forward/router/kernel <- mlp/sparse_feedforward_gate_dense/0
feed_forward/gate/kernel <- mlp/expert_bank/0[:, :, 0 of 2]
feed_forward/intermediate/kernel <- mlp/expert_bank/0[:, :, 1 of 2]
feed_forward/output/kernel <- mlp/expert_bank/1
"""
# Of an expert's first product every second column is the gate's.
_BIASED_EXPERTS = """
feed_forward/router/kernel <- sparse_moe_block/router/router_dense/0
feed_forward/router/bias <- sparse_moe_block/router/router_dense/1
feed_forward/gate/kernel <- sparse_moe_block/experts/0[:, :, 0 of 2 x {width}]
feed_forward/gate/bias <- sparse_moe_block/experts/1[:, 0 of 2 x {width}]
feed_forward/intermediate/kernel <- sparse_moe_block/experts/0[:, :, 1 of 2 x {width}]
feed_forward/intermediate/bias <- sparse_moe_block/experts/1[:, 1 of 2 x {width}]
feed_forward/output/kernel <- sparse_moe_block/experts/2
feed_forward/output/bias <- sparse_moe_block/experts/3
"""
_OUTPUT_BIAS = """
attention/output/bias <- self_attention_layer/output_dense/1
"""
_SINKS = """
attention/sinks <- self_attention_layer/0
"""
_ATTENTION_NORM = """
attention_residual/{norm}/gamma <- self_attention_layer_norm/0
attention_residual/{norm}/beta <- self_attention_layer_norm/1
"""
_FEED_FORWARD_REST = """
feed_forward/intermediate/kernel <- feedforward_intermediate_dense/0
feed_forward/intermediate/bias <- feedforward_intermediate_dense/1
feed_forward/output/kernel <- feedforward_output_dense/0
feed_forward/output/bias <- feedforward_output_dense/1
feed_forward_residual/{norm}/gamma <- feedforward_layer_norm/0
feed_forward_residual/{norm}/beta <- feedforward_layer_norm/1
"""
_BIASED_REST = _ATTENTION_NORM + _FEED_FORWARD_REST
# XLNet's.
RELATIVE_LAYER = """
attention/query/kernel <- relative_attention/query_dense/0 | merge {heads} last heads
attention/key/kernel <- relative_attention/key_dense/0 | merge {heads} last heads
attention/value/kernel <- relative_attention/value_dense/0 | merge {heads} last heads
attention/position_key/kernel <- relative_attention/encoding_dense/0 | merge {heads} last heads
attention/output/kernel <- relative_attention/output_dense/0 | merge {heads} last heads, transpose
attention/content_bias <- 0
attention/position_bias <- 1
attention/segment_bias <- 2
attention/segment_embeddings <- 3
attention_residual/output_norm/gamma <- layer_norm/0
attention_residual/output_norm/beta <- layer_norm/1
feed_forward/intermediate/kernel <- feedforward_intermediate_dense/0
feed_forward/intermediate/bias <- feedforward_intermediate_dense/1
feed_forward/output/kernel <- feedforward_output_dense/0
feed_forward/output/bias <- feedforward_output_dense/1
feed_forward_residual/output_norm/gamma <- layer_norm_ff/0
feed_forward_residual/output_norm/beta <- layer_norm_ff/1
"""
PRE_NORM, POST_NORM = "pre_norm", "output_norm"
# KerasHub's TransformerEncoder and TransformerDecoder; their projections keep the heads apart.
BIASED_LAYER = _PROJECTIONS + PROJECTION_BIASES + _OUTPUT + _OUTPUT_BIAS + _BIASED_REST
# What KerasHub's TransformerDecoder has between the two where there is an encoder.
BIASED_CROSS_ATTENTION = (
    (_PROJECTIONS + PROJECTION_BIASES + _OUTPUT + _OUTPUT_BIAS + _ATTENTION_NORM)
    .replace("self_", "cross_")
    .replace("attention/", "cross_attention/")
    .replace("attention_residual/", "cross_attention_residual/")
)
FLAT_OUTPUT_LAYER = _PROJECTIONS + PROJECTION_BIASES + _FLAT_OUTPUT + _OUTPUT_BIAS + _BIASED_REST
FUSED_LAYER = _FUSED_PROJECTIONS + _FLAT_OUTPUT + _OUTPUT_BIAS + _BIASED_REST
GATED_LAYER = _PROJECTIONS + _OUTPUT + _RMS_NORMS + _GATED_FEED_FORWARD
FLAT_PROJECTIONS_LAYER = _FLAT_PROJECTIONS + _OUTPUT + _RMS_NORMS + _GATED_FEED_FORWARD
EXPERTS_LAYER = _PROJECTIONS + _OUTPUT + _RMS_NORMS + _EXPERTS
FUSED_EXPERTS_LAYER = _PROJECTIONS + _OUTPUT + _RMS_NORMS + _FUSED_EXPERTS
BIASED_EXPERTS_LAYER = (
    _PROJECTIONS
    + PROJECTION_BIASES
    + _OUTPUT
    + _OUTPUT_BIAS
    + _SINKS
    + _RMS_NORMS
    + _BIASED_EXPERTS
)


def renamed(lines: str, names: Mapping[str, str]) -> str:
    """A weight table with other names of tensors, or parts of names."""
    for usual, name in names.items():
        lines = lines.replace(usual, name)
    return lines
