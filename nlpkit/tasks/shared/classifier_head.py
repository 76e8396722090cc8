"""The features of a whole text or of tokens, which a task's dense layer classifies or scores."""

from typing import Any

from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.layer_factory import LayerFactory
from nlpkit.backbones.spec import ClassifierHeadSpec
from nlpkit.modules.dropout import Dropout
from nlpkit.modules.pooling import Pooling

INITIALIZER_RANGE = 0.02


def text_features(
    backbone: Backbone, head: ClassifierHeadSpec, dropout: float, hidden_dim: int | None = None
) -> Any:
    """Compute the features of whole texts symbolically, `[B, dim]`, from `backbone.input`.

    Args:
        backbone: the backbone.
        head: the spec of its head.
        dropout: float. Dropout rate of the features.
        hidden_dim: int or None. Units of the head's dense layer; None for the hidden size.

    Raises:
        ValueError: the head takes the pooled output and the backbone has none; `hidden_dim` is
            given and the head has no dense layer.
    """
    if hidden_dim is not None and head.activation is None:
        raise ValueError(
            f"hidden_dim is the size of a dense layer before the logits, and the head of "
            f"{type(backbone).__name__} has none; got hidden_dim={hidden_dim}. Omit it."
        )
    if head.pooling == "pooler":
        x = _pooler_output(backbone)
    else:
        x = _hidden_states(backbone) if head.pools_last else pooled(backbone, head.pooling)
    x = _transformed(x, backbone, head, dropout, hidden_dim)
    return _pool(x, backbone, head.pooling) if head.pools_last else x


def token_features(backbone: Backbone, dropout: float) -> Any:
    """Compute the features of all tokens symbolically, `[B, T, dim]`, from `backbone.input`.

    Args:
        backbone: the backbone, whose `token_head` says what they are.
        dropout: float. Dropout rate of the features.
    """
    return _transformed(_hidden_states(backbone), backbone, backbone.token_head, dropout)


def _transformed(
    x: Any,
    backbone: Backbone,
    head: ClassifierHeadSpec,
    dropout: float,
    hidden_dim: int | None = None,
) -> Any:
    dtype = backbone.dtype_policy
    make = LayerFactory(INITIALIZER_RANGE, dtype)
    if head.activation is not None:
        x = make.dropout(dropout, "pooled_dropout")(x) if head.dropout_first else x
        units = hidden_dim or x.shape[-1]
        x = make.dense(units, "pooled_dense", use_bias=head.use_bias, activation=head.activation)(x)
        x = x if head.norm is None else make.norm(head.norm, "pooled_norm")(x)
    return Dropout(dropout, dtype=dtype, name="dropout")(x)


def pooled(backbone: Backbone, pooling: str) -> Any:
    """Pool the hidden states of each text's tokens symbolically, `[B, dim]`.

    Args:
        backbone: the backbone.
        pooling: "first", "last", "mean" or "max".
    """
    return _pool(_hidden_states(backbone), backbone, pooling)


def _pool(x: Any, backbone: Backbone, pooling: str) -> Any:
    layer = Pooling(pooling, dtype=backbone.dtype_policy, name="pooling")
    return layer(x, backbone.input["padding_mask"])


def _hidden_states(backbone: Backbone) -> Any:
    features = _outputs(backbone)
    return features["sequence_output"] if isinstance(features, dict) else features


def _outputs(backbone: Backbone) -> Any:
    if "token_ids" not in backbone.input:
        raise ValueError(
            f"Expected an encoder or a decoder backbone; got {backbone.name}, which is both: a "
            f"{type(backbone).__name__} is for Seq2SeqLM."
        )
    return backbone(backbone.input)


def _pooler_output(backbone: Backbone) -> Any:
    features = _outputs(backbone)
    if not isinstance(features, dict):
        raise ValueError(
            f"backbone must have a pooled_output; {backbone.name} has none. Build it with "
            'pooler=True, or pass pooling="first" or "mean".'
        )
    return features["pooled_output"]
