"""AlibiBias: attention with linear biases."""

from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Shape, Tensor


class AlibiBias(Configurable, keras.Layer):
    """Add a penalty to attention scores that grows linearly with the distance of the key.

    Key j of K gets the bias `slope * (j - (K - 1))` for every query, so the last key gets zero.
    Softmax is invariant to a constant per query, so under a causal mask this is equivalent to the
    distance between query and key.
    With n heads, n a power of 2, head i has the slope `2 ** (-alibi_bias_max * (i + 1) / n)`; any
    other n takes the slopes of the power of 2 below it, then every second one of the power above
    (Press et al., 2021, arXiv:2108.12409, and its code). The bias is computed in float32.

    Args:
        alibi_bias_max: float. The smallest slope is `2 ** -alibi_bias_max`. Default 8.

    Call arguments:
        attention_scores: float tensor `[batch, heads, query, key]`, before the softmax.

    Returns:
        The scores with the bias, same shape and dtype.

    Raises:
        ValueError: the scores do not have four axes, or their number of heads is unknown.

    Example:
        >>> import keras
        >>> scores = nlpkit.layers.AlibiBias()(keras.ops.zeros((1, 2, 3, 3)))
        >>> keras.ops.convert_to_numpy(scores)[0, 0]
        array([[-0.125 , -0.0625,  0.    ],
               [-0.125 , -0.0625,  0.    ],
               [-0.125 , -0.0625,  0.    ]], dtype=float32)
    """

    def __init__(self, alibi_bias_max: float = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alibi_bias_max = alibi_bias_max
        self.built = True

    def call(self, attention_scores: Tensor) -> Any:
        shape = tuple(attention_scores.shape)
        if len(shape) != 4 or shape[1] is None:
            raise ValueError(
                f"attention_scores must have the shape [batch, heads, query, key] with a known "
                f"number of heads; got {shape}."
            )
        slopes = alibi_slopes(shape[1], self.alibi_bias_max)[:, None, None]
        slopes = ops.convert_to_tensor(slopes)  # H 1 1
        keys = ops.shape(attention_scores)[-1]
        distances = ops.cast(ops.arange(keys, dtype="int32") - (keys - 1), "float32")  # K
        bias = ops.cast(slopes * distances, self.compute_dtype)  # H 1 K
        return ops.add(attention_scores, bias)

    def compute_output_shape(self, attention_scores_shape: Shape) -> Any:
        return attention_scores_shape


def alibi_slopes(num_heads: int, bias_max: float = 8) -> np.ndarray:
    """The slope of each head, float32 `[num_heads]`."""
    power = 2 ** (num_heads.bit_length() - 1)
    slopes = _geometric_slopes(power, bias_max)
    between = _geometric_slopes(2 * power, bias_max)[0::2]
    return np.concatenate([slopes, between[: num_heads - power]]).astype("float32")


def _geometric_slopes(num_heads: int, bias_max: float) -> np.ndarray:
    return 2.0 ** (-bias_max * np.arange(1, num_heads + 1) / num_heads)
