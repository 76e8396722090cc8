"""Losses and metrics as weighted means, independent of padding and batch size."""

from typing import Any, ClassVar

import keras
from keras import ops, tree
from keras.src.trainers.compile_utils import CompileMetrics
from keras.src.utils.tracking import DotNotTrackScope

from nlpkit._types import KerasIdentifier, Tensor
from nlpkit.metrics.text_metric import TextMetric
from nlpkit.ops import backend


class WeightedMeans:
    """Mix-in for tasks, placed before Keras' class: `sum(w * loss) / sum(w)`.

    Keras divides by the number of positions, including those of weight 0, and weights batches by
    their number of rows. Here the loss of a batch is the weighted mean, and batches are weighted by
    the sum of their weights. A loss whose reduction is a sum is unchanged.
    """

    per_token: ClassVar[bool] = False
    _compile_metrics: Any

    def compile(
        self,
        optimizer: KerasIdentifier = "rmsprop",
        loss: KerasIdentifier = None,
        *,
        metrics: KerasIdentifier = None,
        weighted_metrics: KerasIdentifier = None,
        **kwargs: Any,
    ) -> None:
        """Compile as `keras.Model.compile`.

        Here `metrics` of tokens ignore those of weight 0, and those of texts have the tokenizer.
        """
        preprocessor = getattr(self, "preprocessor", None)
        for metric in tree.flatten((metrics, weighted_metrics)):
            if isinstance(metric, TextMetric):
                metric.use_otherwise(getattr(preprocessor, "tokenizer", None))
        super().compile(  # type: ignore[misc]
            optimizer, loss, metrics=metrics, weighted_metrics=weighted_metrics, **kwargs
        )
        with DotNotTrackScope():
            self._loss_tracker = _LossMean(name="loss")
            if self.per_token and self._compile_metrics is not None:
                names = getattr(self, "output_names", None)
                self._compile_metrics = _TokenMetrics(metrics, weighted_metrics, output_names=names)

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor = None,
        y_pred: Tensor = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Any:
        """The weighted mean, plus the losses added by layers."""
        weights = self._weights(y, y_pred, sample_weight)
        if weights is not None:
            if not backend.STATELESS:
                self._loss_tracker.weight = ops.sum(weights)
            if sample_weight is not None:
                sample_weight = self._to_mean_one(weights, y)
        return super().compute_loss(x, y, y_pred, sample_weight, training)  # type: ignore[misc]

    def _update_metrics_variables(
        self,
        variables: Any,
        loss: Tensor,
        x: Tensor,
        y: Tensor,
        y_pred: Tensor,
        sample_weight: Tensor,
    ) -> Any:
        """Overridden for JAX's trainer, whose loss function must have no side effects."""
        weights = self._weights(y, y_pred, sample_weight)
        self._loss_tracker.weight = None if weights is None else ops.sum(weights)
        return super()._update_metrics_variables(  # type: ignore[misc]
            variables, loss, x, y, y_pred, sample_weight
        )

    def _weights(self, y: Tensor, y_pred: Tensor, sample_weight: Tensor) -> Any:
        """The weight of each loss, `y_pred.shape[:-1]`; None if Keras' rule applies."""
        loss: Any = self.loss  # type: ignore[attr-defined]
        if _nested(loss, y, y_pred, sample_weight) or len(y_pred.shape) < 2:
            return None
        if getattr(loss, "reduction", "mean") in ("sum", "none", None):
            return None
        ones = ops.ones_like(y_pred[..., 0], dtype="float32")
        weights = ones if sample_weight is None else _fitted(sample_weight, ones)
        return weights * _counted(loss, y, ones)

    def _to_mean_one(self, weights: Tensor, y: Tensor) -> Any:
        """Rescale weights so that Keras' mean over the positions is the weighted mean."""
        counted = _counted(self.loss, y, ops.ones_like(weights))  # type: ignore[attr-defined]
        return weights * ops.divide_no_nan(ops.sum(counted), ops.sum(weights))


class _LossMean(keras.metrics.Mean):
    """The mean of the batches' losses, weighted by their sums of weights if known."""

    weight: Any = None

    def update_state(self, values: Tensor, sample_weight: Tensor = None) -> Any:
        """Add a batch; `sample_weight` is its number of rows."""
        weight = sample_weight if self.weight is None else self.weight
        self.weight = None
        return super().update_state(values, sample_weight=weight)


class _TokenMetrics(CompileMetrics):
    """Keras' metrics, except that unweighted ones ignore tokens without a weight."""

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Add a batch."""
        if sample_weight is None or _nested(y_true, y_pred, sample_weight):
            super().update_state(y_true, y_pred, sample_weight)
            return
        if not self.built:
            self.build(y_true, y_pred)
        counted = ops.cast(ops.cast(sample_weight, "bool"), "float32")
        for metrics, weights in (
            (self._flat_metrics, counted),
            (self._flat_weighted_metrics, sample_weight),
        ):
            for metric in metrics:
                if metric:
                    metric.update_state(y_true, y_pred, weights)


def _nested(*values: Any) -> bool:
    return any(tree.is_nested(value) for value in values)


def _counted(loss: KerasIdentifier, y: Tensor, ones: Tensor) -> Any:
    """1 for each label that the loss does not ignore."""
    ignored = getattr(loss, "ignore_class", None)
    if ignored is None:
        return ones
    return ops.cast(ops.reshape(y, ops.shape(ones)) != ignored, "float32")


def _fitted(weight: Any, ones: Tensor) -> Any:
    """Broadcast weights `[batch]`, `[batch, 1]` or per position to each position."""
    weight = ops.cast(weight, "float32")
    if len(weight.shape) > len(ones.shape):
        weight = ops.squeeze(weight, -1)
    while len(weight.shape) < len(ones.shape):
        weight = ops.expand_dims(weight, -1)
    return weight * ones
