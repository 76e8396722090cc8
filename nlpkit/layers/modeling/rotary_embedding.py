"""RotaryEmbedding: rotary position embeddings."""

from typing import Any, Literal, get_args

import keras
import numpy as np
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Shape, Tensor
from nlpkit.layers.modeling.position_embedding import sequence_positions
from nlpkit.ops.rotary import (
    apply_rotary,
    dynamic_frequencies,
    linear_frequencies,
    rotary_angles,
    yarn_attention_factor,
    yarn_frequencies,
)

RopeType = Literal["linear", "dynamic", "yarn"]


class RotaryEmbedding(Configurable, keras.Layer):
    """Rotate the features of queries or keys by angles proportional to their positions.

    Feature i and feature i + d/2 of a token at position p form a pair that is rotated by
    `p * max_wavelength ** (-2i / d)` radians, so that the dot product of a query and a key depends
    only on their distance (Su et al., 2021, arXiv:2104.09864). The paper pairs adjacent features;
    pairing the halves, as in Llama and GPT-NeoX, is the same rotation with the features in another
    order. Angles are computed in float32 under every dtype policy.

    For sequences longer than those of pretraining, `rope_type` selects how `scaling_factor` slows
    the rotation:

    - "linear": all angles are divided by it (Chen et al., 2023, arXiv:2306.15595);
    - "dynamic": all angles are divided by `scaling_factor ** (d / (d - 2))`, at every length. This
      is KerasHub's scaling of that name, not dynamic NTK scaling, which changes `max_wavelength`
      with the length;
    - "yarn": only the angles of low-frequency pairs are divided by it, and the rotated features are
      multiplied by `0.1 ln(scaling_factor) + 1` (Peng et al., 2023, arXiv:2309.00071).

    Args:
        max_wavelength: float. The base of the geometric progression of frequencies. Default
            10000.
        scaling_factor: float. The factor by which sequences may be longer; positive. Default 1.0:
            no scaling.
        rope_type: "linear", "dynamic" or "yarn". Default "linear".
        beta_fast: float. "yarn" leaves pairs with more full turns than this over
            `original_max_position_embeddings` positions as they are. Default 32.0.
        beta_slow: float. "yarn" divides the angles of pairs with fewer full turns than this by
            `scaling_factor`. Default 1.0.
        original_max_position_embeddings: int. The length of the sequences of pretraining, used
            by "yarn" only. Default 4096.
        truncate: bool. Whether the range of pairs between `beta_fast` and `beta_slow` is widened
            to whole pairs, with "yarn" only. Default True.
        sequence_axis: int. The axis of the tokens. Default 1.
        feature_axis: int. The axis of the features; its size d must be even. Default -1.
        denominator_dim: int or None. Replaces d in the exponents `-2i / d` of "linear" and
            "dynamic", e.g. by the size of the whole head if the inputs are a part of it; not used
            by "yarn". Default None: d.

    Call arguments:
        inputs: float tensor with a batch on axis 0, e.g. `[batch, seq, dim]` or
            `[batch, seq, heads, dim]`.
        start_index: int or int tensor. The position of the first token. Default 0.
        positions: int tensor `[batch, seq]` or `[seq]`. The position of each token; when given,
            `start_index` is not used.

    Returns:
        The rotated inputs, same shape and dtype.

    Raises:
        ValueError: `rope_type` is unknown; when called, the size of the feature axis is odd or
            unknown, the two axes are the same, or a number that must be positive is not.

    Example:
        >>> import keras
        >>> query = keras.random.normal((2, 16, 4, 64))  # batch, seq, heads, dim
        >>> tuple(nlpkit.layers.RotaryEmbedding()(query).shape)
        (2, 16, 4, 64)
    """

    def __init__(
        self,
        max_wavelength: float = 10000,
        scaling_factor: float = 1.0,
        rope_type: RopeType = "linear",
        beta_fast: float = 32.0,
        beta_slow: float = 1.0,
        original_max_position_embeddings: int = 4096,
        truncate: bool = True,
        sequence_axis: int = 1,
        feature_axis: int = -1,
        denominator_dim: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if rope_type not in get_args(RopeType):
            supported = ", ".join(map(repr, get_args(RopeType)))
            raise ValueError(f"rope_type must be one of {supported}; got rope_type={rope_type!r}.")
        self.max_wavelength = max_wavelength
        self.scaling_factor = scaling_factor
        self.rope_type = rope_type
        self.beta_fast = beta_fast
        self.beta_slow = beta_slow
        self.original_max_position_embeddings = original_max_position_embeddings
        self.truncate = truncate
        self.sequence_axis = sequence_axis
        self.feature_axis = feature_axis
        self.denominator_dim = denominator_dim
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Tensor, start_index: Tensor = 0, positions: Tensor = None) -> Any:
        axes = self._axes(len(inputs.shape))
        x = ops.moveaxis(inputs, axes, (1, -1))  # B T ... D
        if x.shape[-1] is None:
            raise ValueError(
                f"The size of the feature axis must be known; got inputs of shape "
                f"{tuple(inputs.shape)} with feature_axis={self.feature_axis}."
            )
        if positions is None:
            positions = sequence_positions(ops.shape(x)[1], start_index)
        angles = rotary_angles(positions, self._frequencies(x.shape[-1]))
        length = yarn_attention_factor(self.scaling_factor) if self.rope_type == "yarn" else 1.0
        cos = ops.cast(ops.cos(angles) * length, self.compute_dtype)
        sin = ops.cast(ops.sin(angles) * length, self.compute_dtype)
        return ops.moveaxis(apply_rotary(x, cos, sin), (1, -1), axes)

    def _frequencies(self, rotary_dim: int) -> np.ndarray:
        if self.rope_type == "yarn":
            return yarn_frequencies(
                rotary_dim,
                self.max_wavelength,
                self.scaling_factor,
                self.beta_fast,
                self.beta_slow,
                self.original_max_position_embeddings,
                self.truncate,
            )
        scaled = dynamic_frequencies if self.rope_type == "dynamic" else linear_frequencies
        return scaled(rotary_dim, self.max_wavelength, self.scaling_factor, self.denominator_dim)

    def _axes(self, rank: int) -> tuple[int, int]:
        given = (self.sequence_axis, self.feature_axis)
        sequence, feature = (axis + rank if axis < 0 else axis for axis in given)
        if not (0 < sequence < rank and 0 < feature < rank and sequence != feature):
            raise ValueError(
                f"sequence_axis and feature_axis must be two axes of the inputs other than the "
                f"batch; got sequence_axis={given[0]}, feature_axis={given[1]} for inputs of rank "
                f"{rank}."
            )
        return sequence, feature

    def compute_output_shape(self, inputs_shape: Shape) -> Any:
        return inputs_shape
