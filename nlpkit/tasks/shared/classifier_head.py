"""The features of a whole text or of tokens, which a task's dense layer classifies or scores."""

from typing import Any

import keras
from keras import ops

from nlpkit._types import Tensor
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.layer_factory import LayerFactory
from nlpkit.backbones.spec import ClassifierHeadSpec
from nlpkit.modules.dropout import Dropout
from nlpkit.modules.pooling import Pooling

INITIALIZER_RANGE = 0.02


def text_inputs(backbone: Backbone) -> dict[str, Any]:
    """The symbolic inputs of a model of whole texts: the backbone's, or its encoder's.

    Raises:
        ValueError: the backbone takes no texts.
    """
    if "token_ids" in backbone.input:
        return backbone.input
    if "encoder_token_ids" not in backbone.input:
        raise ValueError(f"Expected a backbone that takes texts; got {backbone.name}.")
    shapes = {name: backbone.input[f"encoder_{name}"] for name in ("token_ids", "padding_mask")}
    return {n: keras.Input(x.shape[1:], dtype=x.dtype, name=n) for n, x in shapes.items()}


def inputs_of_one_stack(backbone: Backbone) -> dict[str, Any]:
    """The symbolic inputs of an encoder or a decoder.

    Raises:
        ValueError: the backbone is both.
    """
    if "token_ids" not in backbone.input:
        raise ValueError(
            f"Expected an encoder or a decoder backbone; got {backbone.name}, which is both: a "
            f"{type(backbone).__name__} is for Seq2SeqLM, TextClassifier or QuestionAnswerer."
        )
    return dict(backbone.input)


def text_features(
    backbone: Backbone,
    inputs: dict[str, Any],
    head: ClassifierHeadSpec,
    dropout: float,
    hidden_dim: int | None = None,
) -> Any:
    """Compute the features of whole texts symbolically, `[B, dim]`.

    Args:
        backbone: the backbone.
        inputs: of `text_inputs`.
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
        x = _hidden_states(backbone, inputs)
        x = x if head.pools_last else _pool(x, backbone, _counted(inputs, head), head.pooling)
    x = _transformed(x, backbone, head, dropout, hidden_dim)
    return _pool(x, backbone, _counted(inputs, head), head.pooling) if head.pools_last else x


def token_features(backbone: Backbone, inputs: dict[str, Any], dropout: float) -> Any:
    """Compute the features of all tokens symbolically, `[B, T, dim]`.

    Args:
        backbone: the backbone, whose `token_head` says what they are.
        inputs: of `text_inputs`, or `inputs_of_one_stack`.
        dropout: float. Dropout rate of the features.
    """
    return _transformed(_hidden_states(backbone, inputs), backbone, backbone.token_head, dropout)


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
    inputs = inputs_of_one_stack(backbone)
    return _pool(_hidden_states(backbone, inputs), backbone, inputs["padding_mask"], pooling)


def _pool(x: Any, backbone: Backbone, mask: Any, pooling: str) -> Any:
    return Pooling(pooling, dtype=backbone.dtype_policy, name="pooling")(x, mask)


def _counted(inputs: dict[str, Any], head: ClassifierHeadSpec) -> Any:
    """Which tokens are pooled, bool `[B, T]`."""
    real = inputs["padding_mask"]
    if head.token_id is None:
        return real
    own = ops.logical_and(real, ops.equal(inputs["token_ids"], head.token_id))
    return ops.where(ops.any(own, axis=1, keepdims=True), own, real)


def _hidden_states(backbone: Backbone, inputs: dict[str, Any]) -> Any:
    if "token_ids" not in backbone.input:
        return backbone(_for_both_stacks(backbone, **inputs))["decoder_sequence_output"]
    features = backbone(inputs)
    return features["sequence_output"] if isinstance(features, dict) else features


def _for_both_stacks(backbone: Backbone, token_ids: Tensor, padding_mask: Tensor) -> dict[str, Any]:
    """The inputs with which a decoder reads what the encoder does, one token later.

    It begins with `backbone.source_start`, or else the last token, so that there is as much of it.

    Args:
        token_ids: int32 `[B, T]`.
        padding_mask: bool `[B, T]`.
    """
    number = ops.cumsum(ops.cast(padding_mask, "int32"), axis=1)  # of real tokens, from 1
    first = ops.logical_and(padding_mask, ops.equal(number, 1))
    last = ops.logical_and(padding_mask, ops.equal(number, ops.max(number, axis=1, keepdims=True)))
    start = _source_start(backbone)
    if start is None:
        start = ops.sum(ops.where(last, token_ids, 0), axis=1, keepdims=True)
    shifted = ops.where(first, start, ops.roll(token_ids, 1, axis=1))
    stacks = {"encoder": token_ids, "decoder": ops.cast(shifted, "int32")}
    ids = {f"{stack}_token_ids": x for stack, x in stacks.items()}
    return {**ids, **{f"{stack}_padding_mask": padding_mask for stack in stacks}}


def _source_start(backbone: Any) -> int | None:
    """What an encoder-decoder says its decoder begins with."""
    start: int | None = backbone.source_start
    return start


def _pooler_output(backbone: Backbone) -> Any:
    features = backbone(backbone.input)
    if not isinstance(features, dict) or "pooled_output" not in features:
        raise ValueError(
            f"backbone must have a pooled_output; {backbone.name} has none. Build it with "
            'pooler=True, or pass pooling="first" or "mean".'
        )
    return features["pooled_output"]


def ids_of_ends(backbone: Backbone, preprocessor: Any) -> dict[str, int]:
    """What configurations say of the tokens around what both stacks read, by `_for_both_stacks`."""
    tokenizer = getattr(preprocessor, "tokenizer", None)
    end = getattr(tokenizer, "end_token_id", None)
    if end is None or "token_ids" in backbone.input:
        return {}
    start = end if (stated := _source_start(backbone)) is None else stated
    ids = {"eos_token_id": end, "decoder_start_token_id": start}
    return {**ids, "pad_token_id": getattr(tokenizer, "pad_token_id", 0)}
