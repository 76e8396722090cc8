"""From the components of a spec to the layers they describe."""

from dataclasses import fields
from typing import Any

import keras

from nlpkit._config import argument_names
from nlpkit._types import DType
from nlpkit.backbones.spec import (
    AttentionSpec,
    ExpertsSpec,
    FramesSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
)
from nlpkit.layers.modeling.reversible_embedding import ReversibleEmbedding
from nlpkit.modules.activation import get_activation
from nlpkit.modules.dense import Dense
from nlpkit.modules.dropout import Dropout
from nlpkit.modules.embedding_table import SinusoidTable, Table
from nlpkit.modules.experts import Experts
from nlpkit.modules.feed_forward import FeedForward
from nlpkit.modules.frame_embedding import FrameEmbedding
from nlpkit.modules.mixing.attention import Attention
from nlpkit.modules.mixing.relative_bias import RelativeBias
from nlpkit.modules.normalization import LayerNormalization, RMSNormalization
from nlpkit.modules.transformer_block import Residual, TransformerBlock

# What of an attention's spec is not its layer's: see `nlpkit.backbones.attention_inputs`.
_INPUTS = ("causal", "window", "rope", "alibi", "query_key_norm")


class LayerFactory:
    """Make the layers of a stack, all with its initializer and dtype.

    Args:
        initializer_range: float. Standard deviation of initial weights (truncated normal).
        dtype: str or `keras.DTypePolicy`.
        prefix: str. What the layers' names start with.
    """

    def __init__(self, initializer_range: float, dtype: DType, prefix: str = "") -> None:
        self._range = initializer_range
        self._dtype = dtype
        self._prefix = prefix

    def token_table(self, rows: int, width: int) -> ReversibleEmbedding:
        """The token embedding."""
        return ReversibleEmbedding(
            rows,
            width,
            embeddings_initializer=self._fresh(),
            dtype=self._dtype,
            name="token_embedding",
        )

    def table(self, rows: int | None, width: int, name: str) -> Any:
        """An embedding, or None for no rows; a single row, a bias for all, begins at zero."""
        if rows is None:
            return None
        initializer = "zeros" if rows == 1 else self._fresh()
        own = {"dtype": self._dtype, "name": self._prefix + name}
        return Table(rows, width, embeddings_initializer=initializer, **own)

    def frames(self, frames: FramesSpec | None, width: int) -> Any:
        """An embedding of frames, or None for none."""
        if frames is None:
            return None
        return FrameEmbedding(
            frames.max_frames,
            width,
            kernel_initializer=self._fresh(),
            dtype=self._dtype,
            name=f"{self._prefix}frame_embedding",
        )

    def sinusoids(self, rows: int | None, width: int, name: str) -> Any:
        """Fixed embeddings of positions, or None for no rows."""
        if rows is None:
            return None
        return SinusoidTable(rows, width, dtype=self._dtype, name=self._prefix + name)

    def dense(
        self, units: int, name: str, *, use_bias: bool = True, activation: str | None = None
    ) -> Dense:
        """A dense layer."""
        return Dense(
            units,
            activation=get_activation(activation),
            use_bias=use_bias,
            kernel_initializer=self._fresh(),
            dtype=self._dtype,
            name=self._prefix + name,
        )

    def dropout(self, rate: float, name: str) -> Dropout:
        """A dropout layer."""
        return Dropout(rate, dtype=self._dtype, name=self._prefix + name)

    def norm(self, norm: NormSpec | None, name: str) -> Any:
        """A normalization, or None for none."""
        return self._norm(norm, self._prefix + name)

    def _norm(self, norm: NormSpec | None, name: str) -> Any:
        if norm is None:
            return None
        arguments = {"epsilon": norm.epsilon, "dtype": self._dtype, "name": name}
        if norm.kind == "layer":
            return LayerNormalization(scale=norm.scale, center=norm.bias, **arguments)
        return RMSNormalization(unit_offset=norm.unit_offset, **arguments)

    def from_spec(self, spec: Any, name: str) -> Any:
        """The layer that a spec names, or None for none."""
        if spec is None:
            return None
        layer = getattr(spec, "layer", RelativeBias)
        own = {"dtype": self._dtype, "name": self._prefix + name}
        if "initializer" in argument_names(layer):
            own["initializer"] = self._fresh()
        return layer(**_fields(spec), **own)

    def block(self, index: int, layer: LayerSpec) -> TransformerBlock:
        """A transformer layer."""
        cross = {}
        if layer.cross_attention is not None:
            around = layer.cross_attention_residual or ResidualSpec()
            cross = {
                "cross_attention": self._attention(layer.cross_attention, "cross_attention"),
                "cross_attention_residual": self._residual(around, "cross_attention_residual"),
            }
        return TransformerBlock(
            attention=self._attention(layer.attention, "attention"),
            attention_residual=self._residual(layer.attention_residual, "attention_residual"),
            feed_forward=self._feed_forward(layer.feed_forward),
            feed_forward_residual=self._residual(
                layer.feed_forward_residual, "feed_forward_residual"
            ),
            parallel=layer.parallel,
            **cross,
            dtype=self._dtype,
            name=f"{self._prefix}transformer_layer_{index}",
        )

    def _attention(self, attention: Any, name: str) -> Any:
        if not isinstance(attention, AttentionSpec):
            return attention.layer(**_fields(attention), dtype=self._dtype, name=name)
        return (attention.layer or Attention)(
            **{name: x for name, x in _fields(attention).items() if name not in _INPUTS},
            query_norm=self._norm(attention.query_key_norm, "query_norm"),
            key_norm=self._norm(attention.query_key_norm, "key_norm"),
            rotary_layout=attention.rope.layout if attention.rope else "half",
            kernel_initializer=self._fresh(),
            dtype=self._dtype,
            name=name,
        )

    def _feed_forward(self, feed_forward: Any) -> Any:
        layer: Any = Experts if isinstance(feed_forward, ExpertsSpec) else FeedForward
        return layer(
            **_fields(feed_forward),
            kernel_initializer=self._fresh(),
            dtype=self._dtype,
            name="feed_forward",
        )

    def _residual(self, residual: ResidualSpec, name: str) -> Residual:
        return Residual(
            pre_norm=self._norm(residual.pre, "pre_norm"),
            post_norm=self._norm(residual.post, "post_norm"),
            output_norm=self._norm(residual.output, "output_norm"),
            dropout=residual.dropout,
            scale=residual.scale,
            dtype=self._dtype,
            name=name,
        )

    def _fresh(self) -> keras.Initializer:
        return keras.initializers.TruncatedNormal(stddev=self._range)


def _fields(component: Any) -> dict[str, Any]:
    return {field.name: getattr(component, field.name) for field in fields(component)}
