"""Perplexity: the exponential of the mean cross-entropy."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import DType, Tensor


class Perplexity(Configurable, keras.metrics.Metric):
    """Compute the exponential of the mean cross-entropy over all tokens since the last reset.

    `exp(-sum(w * log p(token)) / sum(w))` with the weights `w` (Jelinek et al., 1977). It is 1 for
    perfect predictions, the vocabulary size for a uniform distribution, and 0 before any token was
    counted.

    Args:
        from_logits: bool. Whether predictions are logits rather than probabilities. Default False.
        mask_token_id: int. Labels with this id are ignored, even if it is outside the vocabulary.
            None (the default) ignores none.
        dtype: str. The float dtype of the computation. None (the default) means Keras' default.
        name: str. Default "perplexity".

    Call arguments:
        y_true: int `[batch, seq]`, the tokens.
        y_pred: float `[batch, seq, vocabulary_size]`.
        sample_weight: the weights, `[batch, seq]`, or `[batch]` for whole texts. Default None: 1.

    Returns:
        `result()` is a scalar tensor.

    Raises:
        ValueError: `dtype` is not a float dtype.

    Example:
        >>> perplexity = nlpkit.metrics.Perplexity(mask_token_id=0)
        >>> predictions = [[[0.0, 0.5, 0.5], [0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]]
        >>> round(float(perplexity([[2, 1, 0]], predictions)), 3)
        2.0
    """

    def __init__(
        self,
        from_logits: bool = False,
        mask_token_id: int | None = None,
        dtype: DType = None,
        name: str = "perplexity",
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        if not keras.backend.is_float_dtype(self.dtype):
            raise ValueError(f"dtype must be a float dtype; got {dtype!r}.")
        self.from_logits = from_logits
        self.mask_token_id = mask_token_id
        self._cross_entropy = self.add_weight((), "zeros", name="cross_entropy")
        self._weight = self.add_weight((), "zeros", name="weight")

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Add a batch; see the class."""
        labels = ops.cast(y_true, "int32")
        weight = self._weights(labels, sample_weight)
        # Ignored entries may be anything: a label past the vocabulary, a row of NaN.
        counted = weight != 0
        entropy = ops.sparse_categorical_crossentropy(
            ops.where(counted, labels, 0),
            ops.cast(y_pred, self.dtype),
            from_logits=self.from_logits,
        )
        self._cross_entropy.assign_add(ops.sum(ops.where(counted, entropy, 0.0) * weight))
        self._weight.assign_add(ops.sum(weight))

    def result(self) -> Any:
        """The perplexity so far."""
        weight = ops.convert_to_tensor(self._weight)
        mean = self._cross_entropy / ops.where(weight == 0, 1.0, weight)
        return ops.where(weight == 0, 0.0, ops.exp(mean))

    def _weights(self, labels: Tensor, sample_weight: Tensor) -> Any:
        weight = ops.ones_like(labels, self.dtype)
        if sample_weight is not None:
            given = ops.cast(sample_weight, self.dtype)
            for _ in range(len(weight.shape) - len(given.shape)):
                given = ops.expand_dims(given, -1)
            weight *= given
        if self.mask_token_id is not None:
            weight *= ops.cast(labels != self.mask_token_id, self.dtype)
        return weight
