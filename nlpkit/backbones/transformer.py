"""From a spec to layers and their computation: the one assembly of all transformers here."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import keras
from keras import ops

from nlpkit._types import DType, Shape, Tensor
from nlpkit.backbones.attention_inputs import AttentionInputs
from nlpkit.backbones.layer_factory import LayerFactory
from nlpkit.backbones.spec import ExpertsSpec, StackSpec
from nlpkit.modules.caching.cache import Context, KeyValueCache, cache_of_prompt
from nlpkit.modules.caching.layer_cache import EmptyKeyValues
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.ops.attention import prepare_mask
from nlpkit.ops.pooling import pool
from nlpkit.ops.tree import replaced
from nlpkit.ops.visibility import positions_in_sequences, positions_of


class Encoded(NamedTuple):
    """Texts that a decoder's cross-attention attends to.

    Attributes:
        hidden: float `[B, S, dim]`, the encoder's output.
        sequence_ids: int `[B, S]`; None for unpadded texts.
    """

    hidden: Tensor
    sequence_ids: Tensor


class Transformer:
    """The layers of a stack, and how they are put together.

    It is a plain function of its inputs, so that the same layers serve symbolic inputs (the
    functional model's graph) and real ones, with and without optional inputs.

    Args:
        stack: `StackSpec`.
        dtype: str or `keras.DTypePolicy` of all layers.
        prefix: str. What the names of its layers start with, if there are two stacks.
        token_embedding: layer that it shares with another stack; None for one of its own.
    """

    def __init__(
        self, stack: StackSpec, dtype: DType, prefix: str = "", token_embedding: Any = None
    ) -> None:
        self.spec = stack
        self._compute_dtype = keras.dtype_policies.get(dtype).compute_dtype
        make, embedding = LayerFactory(stack.initializer_range, dtype, prefix), stack.embedding
        width = stack.hidden_dim if embedding.token_dim is None else embedding.token_dim
        self.token_embedding = token_embedding
        self.frame_embedding = make.frames(embedding.frames, width)
        if token_embedding is None and embedding.vocabulary_size is not None:
            self.token_embedding = make.token_table(embedding.vocabulary_size, width)
        self.project_in = self.project_out = self.project_sum = None
        if embedding.token_dim is not None and embedding.projected == "tokens":
            self.project_in = make.dense(stack.hidden_dim, "project_in", use_bias=False)
            self.project_out = make.dense(width, "project_out", use_bias=False)
            width = stack.hidden_dim
        elif embedding.token_dim is not None:
            self.project_sum = make.dense(stack.hidden_dim, "embeddings_projection")
        rows = embedding.max_positions and embedding.max_positions + embedding.position_offset
        table = make.sinusoids if embedding.sinusoids else make.table
        self.position_embedding = table(rows, width, "position_embedding")
        self.segment_embedding = make.table(embedding.num_segments, width, "segment_embedding")
        self.embeddings_norm = make.norm(embedding.norm, "embeddings_norm")
        self.embeddings_dropout = make.dropout(embedding.dropout, "embeddings_dropout")
        self.layers = [make.block(i, layer) for i, layer in enumerate(stack.layers)]
        names = [f"relative_{i}" for i in range(len(self.layers))]
        names = ["relative"] if stack.share_relative else names
        made = [make.from_spec(stack.relative, name) for name in names]
        self._relative = made * (len(self.layers) if stack.share_relative else 1)
        self.convolution = make.from_spec(stack.convolution, "convolution")
        self._order = range(len(self.layers)) if stack.order is None else stack.order
        self.final_norm = make.norm(stack.final_norm, "final_norm")
        self.final_dropout = None
        if stack.final_dropout:
            self.final_dropout = make.dropout(stack.final_dropout, "final_dropout")
        self.pooler = None
        if stack.pooler_activation is not None:
            self.pooler = make.dense(
                stack.hidden_dim, "pooled_dense", activation=stack.pooler_activation
            )

    @property
    def _compares_segments(self) -> bool:
        return getattr(self.spec.relative, "compares_segments", False)

    @property
    def stacks(self) -> Mapping[str, "Transformer"]:
        """The stacks, by what the names of their inputs start with: this one alone."""
        return {"": self}

    @property
    def main_input(self) -> str:
        """The input that there must be."""
        return "token_ids" if self.frame_embedding is None else "features"

    def input_names(self, *, optional: bool = False) -> list[str]:
        """The inputs the family has, and those that are optional beside them."""
        if self.frame_embedding is not None:
            return ["features"]
        several = (self.spec.embedding.num_segments or 1) > 1 or self._compares_segments
        names = ["token_ids", "padding_mask", *(["segment_ids"] if several else [])]
        return [*names, "positions", "sequence_ids"] if optional else names

    def input_shape(self, name: str) -> tuple[int | None, ...]:
        """The shape of an input without the batch, None for any size."""
        frames = self.spec.embedding.frames
        return (None,) if frames is None else (None, frames.num_features)

    @property
    def max_length(self) -> int | None:
        """The largest number of tokens, or of frames; None for no limit."""
        embedding = self.spec.embedding
        return embedding.max_positions if embedding.frames is None else embedding.frames.max_frames

    def __call__(
        self,
        inputs: dict[str, Any],
        training: bool | None = None,
        intercept: Callable[[Any, int], Any] | None = None,
        source: Encoded | None = None,
    ) -> Any:
        """Run the stack.

        Args:
            inputs: `token_ids` int `[B, T]`, and optionally `padding_mask` bool, `segment_ids`,
                `positions` and `sequence_ids` int, all `[B, T]`; or `features` float `[B, F, M]`.
            training: bool. Whether to apply dropout.
            intercept: function that may change the hidden states after the embeddings (-1) and
                after each layer, whose number it is given.
            source: `Encoded`, what cross-attention attends to.

        Returns:
            float `[B, T, dim]`; with a pooler `{"sequence_output": …, "pooled_output": [B, dim]}`.
        """
        sequence_ids, positions = self._positions(inputs)
        segment_ids = inputs.get("segment_ids") if self._compares_segments else None
        attention_inputs = self._attention_inputs(sequence_ids, positions, segment_ids=segment_ids)
        embedded = self._embed(inputs, positions, training)
        if intercept is not None:
            embedded = intercept(embedded, -1)
        hidden = embedded
        for i, which in enumerate(self._order):
            block, layer = self.layers[which], self.spec.layers[which]
            arguments = attention_inputs.of(layer.attention, self._relative[which])
            if training and isinstance(layer.feed_forward, ExpertsSpec):
                arguments["padding_mask"] = None if sequence_ids is None else sequence_ids > 0
            if source is not None:
                mask = attention_inputs.mask_of_source(source.sequence_ids)
                arguments |= {"context": source.hidden, "cross_attention_mask": mask}
            hidden = block(hidden, **arguments, training=training)
            if i == 0 and self.convolution is not None:
                hidden = self.convolution(embedded, hidden, sequence_ids, training=training)
            hidden = hidden if intercept is None else intercept(hidden, i)
        hidden = self._leave(hidden, training)
        if self.pooler is None:
            return hidden
        first = pool(hidden, inputs.get("padding_mask"), "first")
        return {"sequence_output": hidden, "pooled_output": self.pooler(first)}

    def prefill(self, prompt: Prompt, source: Encoded | None = None) -> tuple[Any, KeyValueCache]:
        """Run over prompts, and keep their keys and values, and those of a source.

        Returns:
            float `[B, T, dim]`, and the cache.
        """
        inputs = {"token_ids": prompt.token_ids, "padding_mask": prompt.padding_mask}
        sequence_ids, positions = self._positions(inputs)
        attention_inputs = self._attention_inputs(sequence_ids, positions, reach=prompt.reach)
        hidden = self._embed(inputs, positions, None)
        cross = {} if source is None else self._cross(source)
        held, of_source = [], []
        for i, (block, layer) in enumerate(zip(self.layers, self.spec.layers, strict=True)):
            ring = prompt.ring_of(layer.attention.window)
            hidden, cache, *context = block(
                hidden,
                **attention_inputs.of(layer.attention, self._relative[i]),
                cache=EmptyKeyValues(ring or prompt.slots),
                cache_update_index=0,
                **cross,
            )
            held.append((ring, cache))
            of_source += context
        cache = cache_of_prompt(prompt, sequence_ids, positions, held)
        if source is not None:
            context = Context(tuple(of_source), cross["cross_attention_mask"])
            cache = replaced(cache, context=context)
        return self._leave(hidden), cache

    def step(self, token_ids: Tensor, cache: KeyValueCache) -> tuple[Any, KeyValueCache]:
        """Run over the next tokens of every row, `[B, t]`, which see those in the cache.

        Returns:
            float `[B, t, dim]`, and the new cache.
        """
        tokens = token_ids.shape[1]
        positions = cache.length[:, None] + ops.arange(tokens, dtype="int32")  # B t
        entered = cache.append(tokens)
        attention_inputs = self._attention_inputs(
            ops.ones_like(positions), positions, reach=cache.reach, cache=entered
        )
        rows = self.spec.embedding.max_positions
        # A row that is finished goes on beside the others, past its last position.
        known = positions if rows is None else ops.minimum(positions, rows - 1)
        hidden = self._embed({"token_ids": token_ids}, known, None)
        held = []
        for i, (block, layer) in enumerate(zip(self.layers, self.spec.layers, strict=True)):
            slots = entered.slots_of(layer.attention.window)
            hidden, kept, *_ = block(
                hidden,
                **attention_inputs.of(layer.attention, self._relative[i]),
                cache=entered.taken(i, slots),
                cache_update_index=slots.first(cache.index),
                **({} if cache.context is None else cache.context.of(i)),
            )
            held.append(kept)
        return self._leave(hidden), entered.replace_layers(held)

    def encode(self, inputs: dict[str, Any], training: bool | None = None) -> Encoded:
        """Run the stack on the texts that a decoder is to attend to; arguments as for a call."""
        return Encoded(self(inputs, training), self._positions(inputs)[0])

    def output_spec(self, shape: Shape) -> Any:
        """Symbolic tensors of what a call returns, for a shape of the main input."""
        batch, length = shape[:2]
        if self.frame_embedding is not None:
            length = self.frame_embedding.compute_output_shape(shape)[1]
        dtype, width = self._compute_dtype, self.spec.hidden_dim
        if self.project_out is not None:
            width = self.project_out.units
        sequence = keras.KerasTensor((batch, length, width), dtype=dtype)
        if self.pooler is None:
            return sequence
        pooled = keras.KerasTensor((batch, width), dtype=dtype)
        return {"sequence_output": sequence, "pooled_output": pooled}

    def _attention_inputs(
        self, sequence_ids: Tensor, positions: Tensor, **further: Any
    ) -> AttentionInputs:
        return AttentionInputs(sequence_ids, positions, **further, dtype=self._compute_dtype)

    def _cross(self, source: Encoded) -> dict[str, Any]:
        """The arguments of blocks that attend to a source, and keep its keys and values."""
        sequence_ids = source.sequence_ids
        if sequence_ids is None:
            sequence_ids = ops.ones(source.hidden.shape[:2], dtype="int32")
        real = ops.equal(sequence_ids, 1)[:, None]  # B 1 S
        return {
            "context": source.hidden,
            "cross_attention_mask": prepare_mask(real, self._compute_dtype),
            "cross_cache": EmptyKeyValues(source.hidden.shape[1]),
            "cross_cache_update_index": 0,
        }

    def _positions(self, inputs: dict[str, Any]) -> tuple[Any, Any]:
        """Sequence ids (None: one unpadded sequence a row) and positions."""
        if self.frame_embedding is not None:  # It adds what tells positions.
            return None, None
        sequence_ids, positions = inputs.get("sequence_ids"), inputs.get("positions")
        padding_mask = inputs.get("padding_mask")
        if self.spec.counts_padding:
            padding_mask = ops.ones_like(inputs["token_ids"], dtype="bool")
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

    def _embed(self, inputs: dict[str, Any], positions: Tensor, training: bool | None) -> Any:
        embedding = self.spec.embedding
        if self.frame_embedding is None:
            hidden = self.token_embedding(inputs["token_ids"])
        else:
            hidden = self.frame_embedding(inputs["features"])
        if embedding.scale is not None:
            hidden = hidden * ops.cast(embedding.scale, hidden.dtype)
        if self.project_in is not None:
            hidden = self.project_in(hidden)
        if self.position_embedding is not None:
            hidden = hidden + self.position_embedding(positions + embedding.position_offset)
        if self.segment_embedding is not None:
            segment_ids = inputs.get("segment_ids")
            if segment_ids is None:
                segment_ids = ops.zeros_like(inputs["token_ids"])
            hidden = hidden + self.segment_embedding(segment_ids)
        if self.embeddings_norm is not None:
            hidden = self.embeddings_norm(hidden)
        # Outside training too: Keras keeps the seed of a layer that is in the functional graph.
        drop = partial(self.embeddings_dropout, training=bool(training))
        steps = (drop, self.project_sum) if self.project_sum is not None else (drop,)
        for step in reversed(steps) if embedding.dropout_last else steps:
            hidden = step(hidden)
        return hidden

    def _leave(self, hidden: Tensor, training: bool | None = None) -> Any:
        if self.final_norm is not None:
            hidden = self.final_norm(hidden)
        if self.final_dropout is not None:
            hidden = self.final_dropout(hidden, training=bool(training))
        return hidden if self.project_out is None else self.project_out(hidden)
