"""Encoders whose attention compares tokens with distances, and their convolution."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from nlpkit.backbones.spec import AttentionSpec, StackSpec
from nlpkit.modules.mixing.disentangled_attention import DisentangledAttention, RelativeEmbedding
from nlpkit.modules.mixing.sequence_convolution import SequenceConvolution

TERMS = ("c2p", "p2c")


@dataclass(frozen=True)
class DisentangledSpec(AttentionSpec):
    """The further attributes are those of `DisentangledAttention`."""

    layer: ClassVar[Any] = DisentangledAttention
    terms: tuple[str, ...] = ()
    shared: bool = False
    position_dropout: float = 0.0


@dataclass(frozen=True)
class RelativeEmbeddingSpec:
    """The attributes are those of `RelativeEmbedding`."""

    layer: ClassVar[Any] = RelativeEmbedding
    hidden_dim: int
    bucket_size: int | None
    max_distance: int
    layer_norm_epsilon: float | None


@dataclass(frozen=True)
class ConvolutionSpec:
    """The attributes are those of `SequenceConvolution`."""

    layer: ClassVar[Any] = SequenceConvolution
    kernel_size: int
    activation: str
    dropout: float
    layer_norm_epsilon: float


def disentangled(
    stack: StackSpec,
    terms: Sequence[str],
    *,
    shared: bool,
    dropout: float,
    bucket_size: int | None,
    max_distance: int,
    layer_norm_epsilon: float | None,
) -> StackSpec:
    """A stack of equal layers with disentangled attention in place of theirs.

    Args:
        stack: its other layers, and attention of the usual scale.
        terms, shared: of `DisentangledAttention`.
        dropout: float. Its `position_dropout`.
        bucket_size, max_distance, layer_norm_epsilon: of `RelativeEmbedding`.

    Raises:
        ValueError: a term is unknown.
    """
    if unknown := set(terms) - set(TERMS):
        raise ValueError(f"pos_att_type must be of {list(TERMS)}; got {sorted(unknown)} too.")
    if not terms:
        return stack
    layer = stack.layers[0]
    attention = DisentangledSpec(
        **{**vars(layer.attention), "scale": layer.attention.scale * (1 + len(terms)) ** -0.5},
        terms=tuple(terms),
        shared=shared,
        position_dropout=dropout,
    )
    relative = RelativeEmbeddingSpec(
        stack.hidden_dim, bucket_size, max_distance, layer_norm_epsilon
    )
    layers = (replace(layer, attention=attention),) * len(stack.layers)
    return replace(stack, layers=layers, relative=relative)
