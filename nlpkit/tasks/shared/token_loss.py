"""What tasks that predict a class for each of several tokens are trained with."""

from typing import Any

import keras

from nlpkit._types import KerasIdentifier


class TokenLoss:
    """Mix-in for tasks, placed before `Task`: cross-entropy and accuracy, both weighted."""

    def compile(
        self,
        optimizer: KerasIdentifier = "auto",
        loss: KerasIdentifier = "auto",
        *,
        weighted_metrics: KerasIdentifier = "auto",
        **kwargs: Any,
    ) -> None:
        """Configure training.

        Args:
            optimizer: as for `keras.Model.compile`; "auto" is Adam (5e-5).
            loss: "auto" is sparse categorical cross-entropy on logits.
            weighted_metrics: "auto" is accuracy with the loss "auto", otherwise none.
            **kwargs: further arguments of `keras.Model.compile`.
        """
        if weighted_metrics == "auto":
            accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
            # An empty list: with None, Keras keeps the previous ones.
            weighted_metrics = [accuracy] if loss == "auto" else []
        if loss == "auto":
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        if optimizer == "auto":
            optimizer = keras.optimizers.Adam(5e-5)
        super().compile(  # type: ignore[misc]
            optimizer=optimizer, loss=loss, weighted_metrics=weighted_metrics, **kwargs
        )
