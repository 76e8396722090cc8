"""A backbone described as data: frozen dataclasses nested by component.

What changes numbers has no default; what a family may lack defaults to absent. There is one
`LayerSpec` per layer, so that a pattern (a window on every other layer) is a `for` loop.
"""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class NormSpec:
    """A normalization over the last axis.

    Attributes:
        kind: "layer" subtracts the mean (Ba et al., 2016), "rms" does not (Zhang and Sennrich,
            2019).
        epsilon: added to the variance.
        unit_offset: whether an "rms" norm multiplies by 1 + its factors (Gemma).
    """

    kind: Literal["layer", "rms"]
    epsilon: float
    unit_offset: bool = False


@dataclass(frozen=True)
class RopeSpec:
    """Rotary positions (Su et al., 2021).

    Attributes:
        rotary_dim: how many features of a head are rotated; 0 for none.
        max_wavelength: base of the frequencies, `rope_theta` in Hugging Face's configurations.
        layout: which features make a pair, see `nlpkit.ops.rotary.apply_rotary`.
        scaling: how the frequencies are changed for longer texts, of `backbones.rope_scaling`.
    """

    rotary_dim: int
    max_wavelength: float
    layout: Literal["half", "interleaved"] = "half"
    scaling: Any = None


@dataclass(frozen=True)
class AlibiSpec:
    """Attention that falls off with the distance (Press et al., 2021).

    Attributes:
        scale: factor of the slopes.
        dtype: what slopes, positions of keys and their products are rounded to.
    """

    scale: float
    dtype: Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class ResidualSpec:
    """Where a sub-layer f is normalized: `output(x + dropout(post(f(pre(x)))))`."""

    pre: NormSpec | None = None
    post: NormSpec | None = None
    output: NormSpec | None = None
    dropout: float = 0.0


@dataclass(frozen=True)
class AttentionSpec:
    """Multi-head attention over the stream itself.

    Attributes:
        num_heads, num_key_value_heads: query heads, and key/value heads they share.
        head_dim: size of a head.
        scale: factor of the query-key products.
        input_bias, output_bias: whether the projections have biases.
        causal: whether later tokens are hidden.
        window: how far a token sees; None for everywhere.
        rope: rotary positions.
        alibi: how products fall off with the distance.
        query_key_norm: normalization of queries and keys, before they are rotated.
        norm_over: what that norm is over, each "head" or the "width" of all.
        sinks: whether each head has a learned product that takes weight from all others.
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
    rope: RopeSpec | None = None
    alibi: AlibiSpec | None = None
    query_key_norm: NormSpec | None = None
    norm_over: Literal["head", "width"] = "head"
    sinks: bool = False
    soft_cap: float | None = None
    dropout: float = 0.0


@dataclass(frozen=True)
class FeedForwardSpec:
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
class ExpertsSpec:
    """A feed-forward layer of which each token uses a few of many copies.

    The attributes are the arguments of `nlpkit.modules.experts.Experts`.
    """

    num_experts: int
    experts_per_token: int
    intermediate_dim: int
    activation: str
    normalized: bool
    use_bias: bool = False
    swiglu_limit: float | None = None
    swiglu_alpha: float = 1.702
    balance_coefficient: float = 0.0
    jitter: float = 0.0


@dataclass(frozen=True)
class LayerSpec:
    """One transformer layer.

    Attributes:
        attention, attention_residual: the first half, and how it joins the stream.
        feed_forward, feed_forward_residual: the second.
        parallel: whether the second half sees what the first saw, rather than its result; without
            a pre-norm of its own it shares the first half's.
    """

    attention: AttentionSpec
    attention_residual: ResidualSpec
    feed_forward: FeedForwardSpec | ExpertsSpec
    feed_forward_residual: ResidualSpec
    parallel: bool = False


@dataclass(frozen=True)
class EmbeddingSpec:
    """What ids become before the first layer: the sum of up to three tables, normalized.

    Attributes:
        vocabulary_size: rows of the token table.
        max_positions: rows of the learned position table; None for no such table.
        num_segments: rows of the segment (token type) table; None for no such table.
        norm: normalization of the sum.
        dropout: rate of the sum dropped in training.
        scale: factor of the token vectors, rounded to the compute dtype.
        position_offset: row of the position table that position 0 has.
        token_dim: width of the token table, if it is projected to that of the stream.
    """

    vocabulary_size: int
    max_positions: int | None = None
    num_segments: int | None = None
    norm: NormSpec | None = None
    dropout: float = 0.0
    scale: float | None = None
    position_offset: int = 0
    token_dim: int | None = None


@dataclass(frozen=True)
class HeadSpec:
    """From the stream to logits over the vocabulary.

    Attributes:
        tied: whether the token table is used, transposed.
        use_bias: whether an untied head has a bias.
        soft_cap: bound of the logits.
        scale: factor of the logits.
    """

    tied: bool
    use_bias: bool = False
    soft_cap: float | None = None
    scale: float | None = None


@dataclass(frozen=True)
class StackSpec:
    """A whole backbone.

    Attributes:
        hidden_dim: width of the stream.
        embedding: how it begins.
        layers: one entry a layer.
        initializer_range: standard deviation of fresh weights (truncated normal).
        final_norm: normalization after the last layer.
        pooler_activation: activation of the dense layer on the first token; None for no pooler.
        head: of the language model; None for encoders.
    """

    hidden_dim: int
    embedding: EmbeddingSpec
    layers: tuple[LayerSpec, ...]
    initializer_range: float
    final_norm: NormSpec | None = None
    pooler_activation: str | None = None
    head: HeadSpec | None = None
