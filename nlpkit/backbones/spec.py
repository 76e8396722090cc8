"""A backbone described as data: frozen dataclasses nested by component.

What changes numbers has no default; what a family may lack defaults to absent. There is one
`LayerSpec` per layer, so that a pattern (a window on every other layer) is a `for` loop.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal


@dataclass(frozen=True)
class NormSpec:
    """A normalization over the last axis.

    Attributes:
        kind: "layer" subtracts the mean (Ba et al., 2016), "rms" does not (Zhang and Sennrich,
            2019).
        epsilon: added to the variance.
        unit_offset: whether an "rms" norm multiplies by 1 + its factors (Gemma).
        scale, bias: whether a "layer" norm has factors, and terms.
    """

    kind: Literal["layer", "rms"]
    epsilon: float
    unit_offset: bool = False
    scale: bool = True
    bias: bool = True


@dataclass(frozen=True)
class RopeSpec:
    """Rotary positions (Su et al., 2021).

    Attributes:
        rotary_dim: number of features of a head that are rotated; 0 for none.
        max_wavelength: base of the frequencies, `rope_theta` in Hugging Face's configurations.
        layout: which features form a pair; see `nlpkit.ops.rotary.apply_rotary`.
        scaling: of the frequencies, for longer texts; one of `backbones.rope_scaling`.
    """

    rotary_dim: int
    max_wavelength: float
    layout: Literal["half", "interleaved"] = "half"
    scaling: Any = None


@dataclass(frozen=True)
class AlibiSpec:
    """Attention with linear biases (Press et al., 2021).

    Attributes:
        scale: factor of the slopes.
        dtype: what slopes, positions of keys and biases are rounded to.
    """

    scale: float
    dtype: Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class RelativeBiasSpec:
    """Learned biases of the attention scores by distance.

    Attributes:
        num_heads: number of heads.
        num_buckets: number of biases of a head.
        max_distance: distance from which all share one.
        bidirectional: whether later keys have biases of their own.
    """

    num_heads: int
    num_buckets: int
    max_distance: int
    bidirectional: bool


@dataclass(frozen=True)
class ResidualSpec:
    """Where a sub-layer f is normalized: `output(x + scale dropout(post(f(pre(x)))))`."""

    pre: NormSpec | None = None
    post: NormSpec | None = None
    output: NormSpec | None = None
    dropout: float = 0.0
    scale: float | None = None


@dataclass(frozen=True)
class AttentionSpec:
    """Multi-head self-attention; a subclass adds what a layer class of its own takes.

    Attributes:
        layer: the class of the layer; None for `Attention`.
        num_heads, num_key_value_heads: number of query heads, and of key and value heads.
        head_dim: size of a head.
        scale: factor of the attention scores.
        input_bias, output_bias: whether the projections have biases.
        key_bias: whether that of the keys has one where the queries' and values' do.
        causal: whether a token attends to itself and earlier ones only.
        window: number of tokens that a token attends to; None for no limit.
        rope: rotary positions.
        alibi: linear biases of the attention scores.
        query_key_norm: normalization of queries and keys, before they are rotated.
        norm_over: whether that norm is over each "head" or the "width" of all heads.
        sinks: whether each head has a learned score that takes weight from all tokens.
        soft_cap: of the attention scores; None for none.
        dropout: dropout rate of the attention weights.
    """

    layer: ClassVar[Any] = None
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
    key_bias: bool = True


@dataclass(frozen=True)
class FeedForwardSpec:
    """The dense layers of a block.

    Attributes:
        intermediate_dim: intermediate size.
        activation: its name; "gelu" is exact, "gelu_tanh" the approximation.
        gated: whether the activation gates a second projection.
        use_bias: whether the dense layers have biases.
        dropout: dropout rate between them.
    """

    intermediate_dim: int
    activation: str
    gated: bool
    use_bias: bool
    dropout: float = 0.0


@dataclass(frozen=True)
class ExpertsSpec:
    """A mixture of experts: each token uses a few of many feed-forward layers.

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
        attention, attention_residual: the first sub-layer, attention or a spec whose `layer` takes
            its place, and its residual connection.
        feed_forward, feed_forward_residual: the second.
        parallel: whether the feed-forward layer has the same input as attention, rather than its
            output; without a pre-norm of its own it shares attention's.
        cross_attention, cross_attention_residual: between the two, attention to a context, which
            may not be causal or have a window; None for none.
    """

    attention: Any
    attention_residual: ResidualSpec
    feed_forward: FeedForwardSpec | ExpertsSpec
    feed_forward_residual: ResidualSpec
    parallel: bool = False
    cross_attention: AttentionSpec | None = None
    cross_attention_residual: ResidualSpec | None = None


@dataclass(frozen=True)
class FramesSpec:
    """The embedding of frames of audio, by `nlpkit.modules.frame_embedding.FrameEmbedding`.

    Attributes:
        num_features: features of a frame.
        max_frames: number of frames that there are positions for.
    """

    num_features: int
    max_frames: int


@dataclass(frozen=True)
class EmbeddingSpec:
    """The input of the first layer: the normalized sum of up to three embeddings.

    Attributes:
        vocabulary_size: rows of the token embedding; None if frames take its place.
        max_positions: number of positions; None for no position embedding.
        num_segments: number of segment ids (token types); None for no segment embedding.
        norm: normalization of the sum.
        dropout: dropout rate of the sum.
        scale: factor of the token embeddings, rounded to the compute dtype.
        position_offset: row of the position embedding for position 0.
        token_dim: size of the token embedding, if it is projected to the hidden size.
        projected: what is projected: the "tokens" alone, and hidden states back to them at the end
            (OPT), or the normalized "sum" of all embeddings, which have that size (ALBERT).
        dropout_last: whether dropout comes after the projection of the sum.
        sinusoids: whether positions are told by sines and cosines (Vaswani et al., 2017), rather
            than by learned embeddings.
        frames: the embedding of frames of audio, in an encoder that has these for tokens.
    """

    vocabulary_size: int | None
    max_positions: int | None = None
    num_segments: int | None = None
    norm: NormSpec | None = None
    dropout: float = 0.0
    scale: float | None = None
    position_offset: int = 0
    token_dim: int | None = None
    projected: Literal["tokens", "sum"] = "tokens"
    dropout_last: bool = False
    sinusoids: bool = False
    frames: FramesSpec | None = None


@dataclass(frozen=True)
class ClassifierHeadSpec:
    """From hidden states to the features of a whole text, or a token, that are classified.

    Attributes:
        pooling: what is taken: the backbone's "pooler" output, the "first" or the "last" token, or
            the "mean" or "max" of all; "none" for each token. Padding does not count.
        activation: of a dense layer on that; None for no such layer.
        use_bias: whether that layer has a bias.
        norm: normalization after it.
        dropout_first: whether dropout is applied before it, as well as after.
        pools_last: whether tokens are pooled after it, rather than before.
        output_bias: whether the dense layer that classifies has a bias.
        token_id: the only token that is pooled, of texts that have it; None for all.
    """

    pooling: str
    activation: str | None = None
    use_bias: bool = True
    norm: NormSpec | None = None
    dropout_first: bool = False
    pools_last: bool = False
    output_bias: bool = True
    token_id: int | None = None


@dataclass(frozen=True)
class MaskedLMHeadSpec:
    """From hidden states to the features that predict masked tokens.

    Attributes:
        activation: of a dense layer to the size of the token embedding; None for no such layer.
        norm: normalization after it; None if there is no such layer.
        use_bias: whether it has a bias.
        tied: whether the projection to the vocabulary is the token embedding, transposed.
        output_bias: whether the projection has a bias.
    """

    activation: str | None = None
    norm: NormSpec | None = None
    use_bias: bool = True
    tied: bool = True
    output_bias: bool = True


@dataclass(frozen=True)
class HeadSpec:
    """From hidden states to logits over the vocabulary.

    Attributes:
        tied: whether it is the token embedding, transposed.
        use_bias: whether an untied head has a bias.
        soft_cap: of the logits.
        scale: factor of the logits.
        logits_bias: whether each token's logit has a term that is not trained.
    """

    tied: bool
    use_bias: bool = False
    soft_cap: float | None = None
    scale: float | None = None
    logits_bias: bool = False


@dataclass(frozen=True)
class StackSpec:
    """A stack of layers: a whole backbone, or one of the two of an encoder-decoder.

    Attributes:
        hidden_dim: hidden size.
        embedding: the input of the first layer.
        layers: one spec per layer.
        order: the layers that run, in order, for layers that run repeatedly; None for each once.
        relative: what the attention of all layers is told of distances: `RelativeBiasSpec`, or a
            spec whose `layer` makes their `bias` from the positions of queries and keys and, if
            it `compares_segments`, from segment ids.
        share_relative: whether that is one layer, rather than one for the attention of each.
        convolution: a spec whose `layer` changes the first layer's output by the embeddings.
        initializer_range: standard deviation of initial weights (truncated normal).
        counts_padding: whether padding is numbered, mixed and encoded like all tokens.
        final_norm: normalization after the last layer.
        final_dropout: dropout rate after that.
        pooler_activation: activation of the dense layer on the first token; None for no pooler.
        head: the language-model head; None for encoders.
    """

    hidden_dim: int
    embedding: EmbeddingSpec
    layers: tuple[LayerSpec, ...]
    initializer_range: float
    order: tuple[int, ...] | None = None
    relative: Any = None
    share_relative: bool = True
    convolution: Any = None
    counts_padding: bool = False
    final_norm: NormSpec | None = None
    final_dropout: float = 0.0
    pooler_activation: str | None = None
    head: HeadSpec | None = None


@dataclass(frozen=True)
class EncoderDecoderSpec:
    """A backbone of two stacks, the second of which attends to the output of the first.

    Attributes:
        encoder: its embedding's `vocabulary_size` and `token_dim` are the decoder's, too, unless it
            is one of frames.
        decoder: its layers have cross-attention.
    """

    encoder: StackSpec
    decoder: StackSpec

    @property
    def head(self) -> HeadSpec | None:
        """The language-model head, on the decoder."""
        return self.decoder.head
