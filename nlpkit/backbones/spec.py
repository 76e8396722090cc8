"""A backbone described as data: frozen dataclasses nested by component.

What changes numbers has no default; what a family may lack defaults to absent. There is one
`Layer` per layer, so that a pattern (a window on every other layer) is a `for` loop.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Norm:
    """A normalization over the last axis.

    Attributes:
        kind: "layer" subtracts the mean (Ba et al., 2016), "rms" does not (Zhang and Sennrich,
            2019).
        epsilon: added to the variance.
    """

    kind: Literal["layer", "rms"]
    epsilon: float


@dataclass(frozen=True)
class Residual:
    """Where a sub-layer f is normalized: `output(x + dropout(post(f(pre(x)))))`."""

    pre: Norm | None = None
    post: Norm | None = None
    output: Norm | None = None
    dropout: float = 0.0


@dataclass(frozen=True)
class Attention:
    """Multi-head attention over the stream itself.

    Attributes:
        num_heads, num_key_value_heads: query heads, and key/value heads they share.
        head_dim: size of a head.
        scale: factor of the query-key products.
        input_bias, output_bias: whether the projections have biases.
        causal: whether later tokens are hidden.
        window: how far a token sees; None for everywhere.
        soft_cap: bound of the products; None for none.
        dropout: rate of weights dropped in training.
    """

    num_heads: int
    num_key_value_heads: int
    head_dim: int
    scale: float
    input_bias: bool
    output_bias: bool
    causal: bool
    window: int | None = None
    soft_cap: float | None = None
    dropout: float = 0.0


@dataclass(frozen=True)
class FeedForward:
    """The dense layers of a block.

    Attributes:
        intermediate_dim: width in between.
        activation: name; "gelu" is exact, "gelu_tanh" the approximation.
        gated: whether the activation gates a second projection.
        use_bias: whether the dense layers have biases.
    """

    intermediate_dim: int
    activation: str
    gated: bool
    use_bias: bool


@dataclass(frozen=True)
class Layer:
    """One transformer layer."""

    attention: Attention
    attention_residual: Residual
    feed_forward: FeedForward
    feed_forward_residual: Residual


@dataclass(frozen=True)
class Embedding:
    """What ids become before the first layer: the sum of up to three tables, normalized.

    Attributes:
        vocabulary_size: rows of the token table.
        max_positions: rows of the learned position table; None for no such table.
        num_segments: rows of the segment (token type) table; None for no such table.
        norm: normalization of the sum.
        dropout: rate of the sum dropped in training.
    """

    vocabulary_size: int
    max_positions: int | None = None
    num_segments: int | None = None
    norm: Norm | None = None
    dropout: float = 0.0


@dataclass(frozen=True)
class Stack:
    """A whole backbone.

    Attributes:
        hidden_dim: width of the stream.
        embedding: how it begins.
        layers: one entry a layer.
        initializer_range: standard deviation of fresh weights (truncated normal).
        final_norm: normalization after the last layer.
        pooler_activation: activation of the dense layer on the first token; None for no pooler.
    """

    hidden_dim: int
    embedding: Embedding
    layers: tuple[Layer, ...]
    initializer_range: float
    final_norm: Norm | None = None
    pooler_activation: str | None = None
