"""TextClassifier: one label for each text."""

from typing import Any

import keras

from nlpkit.layers.modeling.dropout import Dropout
from nlpkit.layers.modeling.feed_forward import get_activation
from nlpkit.presets.config_reader import ConfigReader
from nlpkit.tasks.task import Task


class TextClassifier(Task):
    """Classify texts or pairs of texts: a dense layer on the pooled output of a backbone.

    It compiles itself with Adam (5e-5), sparse categorical cross-entropy and accuracy, unless
    `compile=False`; `compile` it again for anything else. `TextClassifier.from_preset` finds the
    family of a preset.

    Args:
        backbone: `Backbone` with a pooled output.
        num_classes: int. Labels, 0 to `num_classes - 1`.
        preprocessor: `TextClassifierPreprocessor`; None if the input is preprocessed already.
        activation: str or function. Of the outputs; None for logits, "softmax" for probabilities.
        dropout: float in [0, 1). Rate dropped from the pooled output in training.
        **kwargs: `name`, `trainable` of `keras.Model`, and `compile` (bool, default True).

    Call arguments:
        inputs: the backbone's inputs.
        training: bool. Whether dropout is on.

    Returns:
        float `[batch, num_classes]`, logits unless there is an activation.

    Raises:
        ValueError: `num_classes` is not positive; the backbone has no pooled output; backbone or
            preprocessor are of another family.

    Example:
        >>> classifier = nlpkit.models.TextClassifier.from_preset("bert_nano_en_uncased_sst2")
        >>> classifier.predict(["What a lovely film!"]).argmax(-1)
        array([1])
    """

    def __init__(
        self,
        backbone: Any,
        num_classes: int,
        preprocessor: Any = None,
        activation: Any = None,
        dropout: float = 0.1,
        **kwargs: Any,
    ) -> None:
        if num_classes < 1:
            raise ValueError(f"num_classes must be at least 1; got {num_classes}.")
        features = backbone(backbone.input)
        if not isinstance(features, dict) or "pooled_output" not in features:
            raise ValueError(f"backbone must have a pooled_output; {backbone.name} has none.")
        pooled = Dropout(dropout, dtype=backbone.dtype_policy, name="dropout")(
            features["pooled_output"]
        )
        outputs = keras.layers.Dense(
            num_classes,
            activation=get_activation(activation),
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            dtype=backbone.dtype_policy,
            name="logits",
        )(pooled)
        super().__init__(
            backbone.input, outputs, backbone=backbone, preprocessor=preprocessor, **kwargs
        )
        self.num_classes = num_classes
        self.activation = activation
        self.dropout = dropout
        self._compile_itself()

    def compile(
        self, optimizer: Any = "auto", loss: Any = "auto", *, metrics: Any = "auto", **kwargs: Any
    ) -> None:
        """Set what to train with.

        Args:
            optimizer: as for `keras.Model.compile`; "auto" is Adam (5e-5).
            loss: "auto" is sparse categorical cross-entropy, on logits unless there is an
                activation.
            metrics: "auto" is accuracy with the loss "auto", and none with another.
            **kwargs: further arguments of `keras.Model.compile`.
        """
        if metrics == "auto":
            accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
            metrics = [accuracy] if loss == "auto" else None
        if loss == "auto":
            linear = get_activation(self.activation) is keras.activations.linear
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=linear)
        if optimizer == "auto":
            optimizer = keras.optimizers.Adam(5e-5)
        super().compile(optimizer=optimizer, loss=loss, metrics=metrics, **kwargs)

    @classmethod
    def from_hf_head_config(cls, reader: ConfigReader) -> dict[str, Any]:
        """The number of labels, and the dropout that Hugging Face takes from either of two keys."""
        labels = reader.get("id2label", None, kind=dict)
        num_labels = reader.get("num_labels", 2)
        dropout = reader.get("classifier_dropout", reader.get("hidden_dropout_prob", 0.1))
        return {"num_classes": num_labels if labels is None else len(labels), "dropout": dropout}

    def hf_head_config(self) -> dict[str, Any]:
        """The inverse of `from_hf_head_config`."""
        labels = [f"LABEL_{i}" for i in range(self.num_classes)]
        return {
            "id2label": {str(i): label for i, label in enumerate(labels)},
            "label2id": {label: i for i, label in enumerate(labels)},
            "classifier_dropout": self.dropout,
        }
