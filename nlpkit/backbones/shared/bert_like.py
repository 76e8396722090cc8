"""What families that are built like BERT share: its layers, configuration and tensors' names."""

from collections.abc import Mapping
from typing import Any

from nlpkit.backbones.activations import ACTIVATIONS, NAMES
from nlpkit.backbones.spec import (
    AttentionSpec,
    EmbeddingSpec,
    FeedForwardSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    StackSpec,
)
from nlpkit.presets.layouts.config_reader import ConfigReader, config_of
from nlpkit.presets.mapping.weight_table import Line, parse

INITIALIZER_RANGE = 0.02
CONFIG: Mapping[str, tuple[str, Any]] = {
    "vocabulary_size": ("vocab_size", 30522),
    "num_layers": ("num_hidden_layers", 12),
    "num_heads": ("num_attention_heads", 12),
    "hidden_dim": ("hidden_size", 768),
    "intermediate_dim": ("intermediate_size", 3072),
    "dropout": ("hidden_dropout_prob", 0.1),
    "max_sequence_length": ("max_position_embeddings", 512),
    "num_segments": ("type_vocab_size", 2),
    "attention_dropout": ("attention_probs_dropout_prob", 0.1),
    "layer_norm_epsilon": ("layer_norm_eps", 1e-12),
}
EMBEDDINGS = """
token_embedding/embeddings <- embeddings.word_embeddings.weight
position_embedding/embeddings <- embeddings.position_embeddings.weight
segment_embedding/embeddings <- embeddings.token_type_embeddings.weight
<- embeddings.position_ids ; buffer
<- embeddings.token_type_ids ; buffer
"""
EMBEDDINGS_NORM = """
embeddings_norm/gamma <- embeddings.LayerNorm.weight ; also spelled gamma=weight
embeddings_norm/beta <- embeddings.LayerNorm.bias ; also spelled beta=bias
"""
POOLER = """
pooled_dense/kernel <- pooler.dense.weight | transpose ; optional
pooled_dense/bias <- pooler.dense.bias ; optional
"""
NO_POOLER = "<- pooler.* ; buffer"
LAYER = """
attention/query/kernel <- attention.self.query.weight | transpose
attention/query/bias <- attention.self.query.bias
attention/key/kernel <- attention.self.key.weight | transpose
attention/key/bias <- attention.self.key.bias
attention/value/kernel <- attention.self.value.weight | transpose
attention/value/bias <- attention.self.value.bias
attention/output/kernel <- attention.output.dense.weight | transpose
attention/output/bias <- attention.output.dense.bias
attention_residual/output_norm/gamma <- attention.output.LayerNorm.weight ; also spelled gamma=weight
attention_residual/output_norm/beta <- attention.output.LayerNorm.bias ; also spelled beta=bias
feed_forward/intermediate/kernel <- intermediate.dense.weight | transpose
feed_forward/intermediate/bias <- intermediate.dense.bias
feed_forward/output/kernel <- output.dense.weight | transpose
feed_forward/output/bias <- output.dense.bias
feed_forward_residual/output_norm/gamma <- output.LayerNorm.weight ; also spelled gamma=weight
feed_forward_residual/output_norm/beta <- output.LayerNorm.bias ; also spelled beta=bias
"""
# Dense, activation and norm like the backbone's own, then the transposed token embedding.
MASKED_LM_HEAD = """
masked_lm_head/dense/kernel <- cls.predictions.transform.dense.weight | transpose
masked_lm_head/dense/bias <- cls.predictions.transform.dense.bias
masked_lm_head/layer_norm/gamma <- cls.predictions.transform.LayerNorm.weight ; also spelled gamma=weight
masked_lm_head/layer_norm/beta <- cls.predictions.transform.LayerNorm.bias ; also spelled beta=bias
masked_lm_head/output_bias <- cls.predictions.bias
masked_lm_head/output_bias <- cls.predictions.decoder.bias ; tied
backbone/token_embedding/embeddings <- cls.predictions.decoder.weight ; tied
<- cls.seq_relationship.* ; other head
"""
CLASSIFIER = """
logits/kernel <- classifier.weight | transpose
logits/bias <- classifier.bias
"""
# RoBERTa's heads.
DENSE_CLASSIFIER = """
pooled_dense/kernel <- classifier.dense.weight | transpose
pooled_dense/bias <- classifier.dense.bias
logits/kernel <- classifier.out_proj.weight | transpose
logits/bias <- classifier.out_proj.bias
"""
LM_HEAD = """
masked_lm_head/dense/kernel <- lm_head.dense.weight | transpose
masked_lm_head/dense/bias <- lm_head.dense.bias
masked_lm_head/layer_norm/gamma <- lm_head.layer_norm.weight
masked_lm_head/layer_norm/beta <- lm_head.layer_norm.bias
masked_lm_head/output_bias <- lm_head.bias
masked_lm_head/output_bias <- lm_head.decoder.bias ; tied
backbone/token_embedding/embeddings <- lm_head.decoder.weight ; tied
"""

QUESTION_ANSWERER = CLASSIFIER.replace("classifier.", "qa_outputs.")


def stack(
    embedding: EmbeddingSpec,
    num_layers: int,
    num_heads: int,
    hidden_dim: int,
    intermediate_dim: int,
    *,
    activation: str,
    dropout: float,
    attention_dropout: float | None,
    layer_norm_epsilon: float,
    normalize_first: bool = False,
    **further: Any,
) -> StackSpec:
    """Describe an encoder of equal layers, each normalized after its sub-layers.

    Args:
        embedding: the embeddings.
        num_layers, num_heads, hidden_dim, intermediate_dim: int. Sizes.
        activation: str. Of the feed-forward layers.
        dropout: float. Dropout rate of the sub-layers' outputs.
        attention_dropout: float or None. Of the attention weights; None for `dropout`.
        layer_norm_epsilon: float. Of all norms.
        normalize_first: bool. Whether layers are normalized before their sub-layers, and after the
            last one.
        **further: other attributes of `StackSpec`.

    Raises:
        ValueError: `num_heads` does not divide `hidden_dim`.
    """
    norm, size = NormSpec("layer", layer_norm_epsilon), head_dim(num_heads, hidden_dim)
    residual = ResidualSpec(
        pre=norm if normalize_first else None,
        output=None if normalize_first else norm,
        dropout=dropout,
    )
    attention = AttentionSpec(
        num_heads=num_heads,
        num_key_value_heads=num_heads,
        head_dim=size,
        scale=size**-0.5,
        input_bias=True,
        output_bias=True,
        causal=False,
        dropout=dropout if attention_dropout is None else attention_dropout,
    )
    feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=False, use_bias=True)
    layer = LayerSpec(attention, residual, feed_forward, residual)
    if normalize_first:
        further["final_norm"] = norm
    return StackSpec(hidden_dim, embedding, (layer,) * num_layers, INITIALIZER_RANGE, **further)


def head_dim(num_heads: int, hidden_dim: int) -> int:
    """The size of a head.

    Raises:
        ValueError: `num_heads` does not divide `hidden_dim`.
    """
    if num_heads < 1 or hidden_dim % num_heads:
        raise ValueError(
            f"num_heads must divide hidden_dim; got num_heads={num_heads}, hidden_dim={hidden_dim}."
        )
    return hidden_dim // num_heads


def table(
    num_layers: int, *texts: str, layer: str = LAYER, name: str = "encoder.layer"
) -> list[Line]:
    """The weight table of an encoder.

    Args:
        num_layers: int.
        *texts: str. What comes before and after the layers.
        layer: str. The table of a layer.
        name: str. What the tensors of layers start with, before the layer's number.
    """
    layers = [
        line.within(f"transformer_layer_{i}/", f"{name}.{i}.")
        for i in range(num_layers)
        for line in parse(layer)
    ]
    return parse("".join(texts)) + layers


def read(
    reader: ConfigReader,
    config: Mapping[str, tuple[str, Any]] = CONFIG,
    activation: str = "hidden_act",
) -> dict[str, Any]:
    """Read the arguments that `config` has from Hugging Face's, and the activation from its key."""
    reader.require("position_embedding_type", ["absolute"], "absolute")
    reader.ignore("tie_word_embeddings")  # The table's tied lines compare the tensors.
    arguments = reader.arguments(config)
    return {**arguments, "activation": reader.require(activation, ACTIVATIONS, "gelu")}


def write(
    backbone: Any,
    config: Mapping[str, tuple[str, Any]] = CONFIG,
    activation: str = "hidden_act",
) -> dict[str, Any]:
    """The inverse of `read`."""
    written = config_of(backbone, config)
    if "attention_dropout" in config and backbone.attention_dropout is None:
        written[config["attention_dropout"][0]] = backbone.dropout
    return {**written, activation: NAMES[backbone.activation]}
