"""From a spec to layers and their computation: the one assembly of all transformers here."""

from typing import Any

import keras
from keras import ops

from nlpkit.backbones import spec
from nlpkit.layers.modeling.attention import Attention
from nlpkit.layers.modeling.dense import Dense
from nlpkit.layers.modeling.dropout import Dropout
from nlpkit.layers.modeling.feed_forward import FeedForward, get_activation
from nlpkit.layers.modeling.reversible_embedding import ReversibleEmbedding
from nlpkit.layers.modeling.transformer_block import Residual, TransformerBlock
from nlpkit.ops.attention import prepare_mask
from nlpkit.ops.visibility import positions_in_sequences, positions_of, visibility


class Transformer:
    """The layers of a stack, and how they are put together.

    It is a plain function of its inputs, so that the same layers serve symbolic inputs (the
    functional model's graph) and real ones, with and without optional inputs.

    Args:
        stack: `spec.Stack`.
        dtype: str or `keras.DTypePolicy` of all layers.
    """

    def __init__(self, stack: spec.Stack, dtype: Any) -> None:
        self.spec = stack
        self._dtype = dtype
        self._make_embedding(stack.embedding)
        self.layers = [self._block(i, layer) for i, layer in enumerate(stack.layers)]
        self.final_norm = self._norm(stack.final_norm, "final_norm")
        self.pooler = None
        if stack.pooler_activation is not None:
            self.pooler = Dense(
                stack.hidden_dim,
                activation=get_activation(stack.pooler_activation),
                kernel_initializer=self._initializer(),
                dtype=dtype,
                name="pooled_dense",
            )

    def input_names(self) -> list[str]:
        """The inputs the family has; `positions` and `sequence_ids` are optional beside them."""
        segments = ["segment_ids"] if self.spec.embedding.num_segments is not None else []
        return ["token_ids", "padding_mask", *segments]

    def __call__(self, inputs: dict[str, Any], training: bool | None = None) -> Any:
        """Run the stack.

        Args:
            inputs: `token_ids` int `[B, T]`, and optionally `padding_mask` bool, `segment_ids`,
                `positions` and `sequence_ids` int, all `[B, T]`.
            training: bool. Whether dropout is on.

        Returns:
            float `[B, T, dim]`; with a pooler `{"sequence_output": …, "pooled_output": [B, dim]}`.
        """
        sequence_ids, positions = self._places(inputs)
        hidden = self._embed(inputs, positions, training)
        masks: dict[tuple[bool, int | None], Any] = {}
        for block, layer in zip(self.layers, self.spec.layers, strict=True):
            kind = (layer.attention.causal, layer.attention.window)
            if kind not in masks:
                mask = _mask(sequence_ids, positions, *kind)
                masks[kind] = prepare_mask(mask, block.compute_dtype)
            hidden = block(hidden, attention_mask=masks[kind], training=training)
        if self.final_norm is not None:
            hidden = self.final_norm(hidden)
        if self.pooler is None:
            return hidden
        return {
            "sequence_output": hidden,
            "pooled_output": self.pooler(self._first(inputs, hidden)),
        }

    def output_spec(self, batch: int | None, length: int | None) -> Any:
        """Symbolic tensors of the shapes and dtype that a call returns."""
        dtype, width = self.token_embedding.compute_dtype, self.spec.hidden_dim
        sequence = keras.KerasTensor((batch, length, width), dtype=dtype)
        if self.pooler is None:
            return sequence
        pooled = keras.KerasTensor((batch, width), dtype=dtype)
        return {"sequence_output": sequence, "pooled_output": pooled}

    def _places(self, inputs: dict[str, Any]) -> tuple[Any, Any]:
        """Sequence ids (None: one unpadded sequence a row) and positions."""
        sequence_ids, positions = inputs.get("sequence_ids"), inputs.get("positions")
        padding_mask = inputs.get("padding_mask")
        if sequence_ids is not None:
            if padding_mask is not None:
                sequence_ids = ops.where(padding_mask, sequence_ids, 0)
            if positions is None:
                positions = positions_in_sequences(sequence_ids)
        elif padding_mask is not None:
            sequence_ids = ops.cast(padding_mask, "int32")
            positions = positions_of(padding_mask) if positions is None else positions
        if positions is None:
            positions = ops.arange(ops.shape(inputs["token_ids"])[1], dtype="int32")[None]
        return sequence_ids, positions

    def _embed(self, inputs: dict[str, Any], positions: Any, training: bool | None) -> Any:
        hidden = self.token_embedding(inputs["token_ids"])
        if self.position_embedding is not None:
            hidden = hidden + self.position_embedding(positions)
        if self.segment_embedding is not None:
            segment_ids = inputs.get("segment_ids")
            if segment_ids is None:
                segment_ids = ops.zeros_like(inputs["token_ids"])
            hidden = hidden + self.segment_embedding(segment_ids)
        if self.embeddings_norm is not None:
            hidden = self.embeddings_norm(hidden)
        return self.embeddings_dropout(hidden, training=training)

    def _first(self, inputs: dict[str, Any], hidden: Any) -> Any:
        """The features of each row's first real token, `[B, dim]`."""
        padding_mask = inputs.get("padding_mask")
        if padding_mask is None:
            return hidden[:, 0]
        first = ops.argmax(ops.cast(padding_mask, "int32"), axis=1)  # B
        return ops.squeeze(ops.take_along_axis(hidden, first[:, None, None], axis=1), axis=1)

    def _make_embedding(self, embedding: spec.Embedding) -> None:
        self.token_embedding = ReversibleEmbedding(
            embedding.vocabulary_size,
            self.spec.hidden_dim,
            embeddings_initializer=self._initializer(),
            dtype=self._dtype,
            name="token_embedding",
        )
        self.position_embedding = self._table(embedding.max_positions, "position_embedding")
        self.segment_embedding = self._table(embedding.num_segments, "segment_embedding")
        self.embeddings_norm = self._norm(embedding.norm, "embeddings_norm")
        self.embeddings_dropout = Dropout(
            embedding.dropout, dtype=self._dtype, name="embeddings_dropout"
        )

    def _table(self, rows: int | None, name: str) -> Any:
        if rows is None:
            return None
        return keras.layers.Embedding(
            rows,
            self.spec.hidden_dim,
            embeddings_initializer=self._initializer(),
            dtype=self._dtype,
            name=name,
        )

    def _block(self, index: int, layer: spec.Layer) -> TransformerBlock:
        common = {"kernel_initializer": self._initializer(), "dtype": self._dtype}
        attention = {
            name: value
            for name, value in vars(layer.attention).items()
            if name not in ("causal", "window")
        }
        return TransformerBlock(
            attention=Attention(**attention, **common, name="attention"),
            attention_residual=self._residual(layer.attention_residual, "attention_residual"),
            feed_forward=FeedForward(**vars(layer.feed_forward), **common, name="feed_forward"),
            feed_forward_residual=self._residual(
                layer.feed_forward_residual, "feed_forward_residual"
            ),
            dtype=self._dtype,
            name=f"transformer_layer_{index}",
        )

    def _residual(self, residual: spec.Residual, name: str) -> Residual:
        return Residual(
            pre_norm=self._norm(residual.pre, "pre_norm"),
            post_norm=self._norm(residual.post, "post_norm"),
            output_norm=self._norm(residual.output, "output_norm"),
            dropout=residual.dropout,
            dtype=self._dtype,
            name=name,
        )

    def _norm(self, norm: spec.Norm | None, name: str) -> Any:
        if norm is None:
            return None
        kinds = {
            "layer": keras.layers.LayerNormalization,
            "rms": keras.layers.RMSNormalization,
        }
        return kinds[norm.kind](epsilon=norm.epsilon, dtype=self._dtype, name=name)

    def _initializer(self) -> keras.Initializer:
        return keras.initializers.TruncatedNormal(stddev=self.spec.initializer_range)


def _mask(sequence_ids: Any, positions: Any, causal: bool, window: int | None) -> Any:
    if sequence_ids is None:
        if not causal and window is None:
            return None
        sequence_ids = ops.ones_like(positions)
    return visibility(sequence_ids, positions, causal=causal, window=window)
