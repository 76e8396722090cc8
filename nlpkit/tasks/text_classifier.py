"""TextClassifier: text classification."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import keras

from nlpkit._types import Activation, KerasIdentifier
from nlpkit._warning import warn
from nlpkit.backbones.backbone import Backbone
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.modules.activation import get_activation
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.tasks.classifier_head import INITIALIZER_RANGE, text_features
from nlpkit.tasks.task import Task


class TextClassifier(Task):
    """Classify texts or pairs of texts: a dense layer on the pooled features of a backbone.

    It compiles itself with Adam (5e-5), sparse categorical cross-entropy and accuracy, unless
    `compile=False`; `compile` it again for anything else. `TextClassifier.from_preset` finds the
    family of a preset.

    Args:
        backbone: `Backbone`; its `classifier_head` describes the head of its family.
        num_classes: int. The number of classes; labels are 0 to `num_classes - 1`.
        preprocessor: `TextClassifierPreprocessor`; None if the input is preprocessed already.
        activation: str or function. The activation of the outputs; None for logits, "softmax" for
            probabilities.
        dropout: float in [0, 1). The dropout rate for the pooled features.
        labels: list of str or None. The names of the classes, in order. A preset takes them from
            its `id2label`, unless these are the default names of transformers.
        hidden_dim: int or None. Units of the dense layer before the logits, in families whose head
            has one; None for the hidden size.
        pooling: str or None. What of a text is classified: "pooler", the pooled output of the
            backbone; the "first" or the "last" token, or the "mean" or "max" of all. None for the
            way of the family, which is the last token in decoders.
        **kwargs: `name`, `trainable` of `keras.Model`, and `compile` (bool, default True).

    Call arguments:
        inputs: the backbone's inputs.
        training: bool. Whether dropout is applied.

    Returns:
        float `[batch, num_classes]`, logits unless there is an activation.

    Raises:
        ValueError: `num_classes` is not positive or not the number of `labels`; the backbone has
            no pooled output; the backbone or the preprocessor is of another family.

    Example:
        >>> classifier = nlpkit.models.TextClassifier.from_preset("bert_nano_en_uncased_sst2")
        >>> classifier.predict(["What a lovely film!"], verbose=0).argmax(-1)
        array([1])
    """

    pools: ClassVar[bool] = True
    preprocessor_class: ClassVar[type[Preprocessor] | None] = TextClassifierPreprocessor

    def __init__(
        self,
        backbone: Backbone,
        num_classes: int,
        preprocessor: Preprocessor | None = None,
        activation: Activation = None,
        dropout: float = 0.1,
        *,
        labels: Sequence[str] | None = None,
        hidden_dim: int | None = None,
        pooling: str | None = None,
        **kwargs: Any,
    ) -> None:
        if labels is not None and len(labels) != num_classes:
            raise ValueError(
                f"labels must name each of the num_classes={num_classes} classes; got "
                f"{list(labels)}. (For classes other than a preset's, pass load_head=False.)"
            )
        head = backbone.classifier_head
        if pooling is not None:
            check_choice("pooling", pooling, ("pooler", "first", "last", "mean", "max"))
            head = replace(head, pooling=pooling)
        outputs = keras.layers.Dense(
            num_classes,
            activation=get_activation(activation),
            use_bias=head.output_bias,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=INITIALIZER_RANGE),
            dtype=backbone.dtype_policy,
            name="logits",
        )(text_features(backbone, head, dropout, hidden_dim))
        super().__init__(
            backbone.input, outputs, backbone=backbone, preprocessor=preprocessor, **kwargs
        )
        self.num_classes = num_classes
        self.activation = activation
        self.dropout = dropout
        self.labels = labels
        self.hidden_dim = hidden_dim
        self.pooling = pooling
        self._compile_itself()

    def compile(
        self,
        optimizer: KerasIdentifier = "auto",
        loss: KerasIdentifier = "auto",
        *,
        metrics: KerasIdentifier = "auto",
        **kwargs: Any,
    ) -> None:
        """Configure training.

        Args:
            optimizer: as for `keras.Model.compile`; "auto" is Adam (5e-5).
            loss: "auto" is sparse categorical cross-entropy, on logits unless there is an
                activation.
            metrics: "auto" is accuracy with the loss "auto", otherwise none.
            **kwargs: further arguments of `keras.Model.compile`.
        """
        if metrics == "auto":
            accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
            # An empty list: with None, Keras keeps the previous ones.
            metrics = [accuracy] if loss == "auto" else []
        if loss == "auto":
            linear = get_activation(self.activation) is keras.activations.linear
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=linear)
        if optimizer == "auto":
            optimizer = keras.optimizers.Adam(5e-5)
        super().compile(optimizer=optimizer, loss=loss, metrics=metrics, **kwargs)

    @classmethod
    def from_hf_head_config(cls, reader: ConfigReader) -> dict[str, Any]:
        """Read the classes with their names, and the dropout, which is under either of two keys."""
        names = reader.get("id2label", None, kind=dict)
        reader.ignore("label2id")  # The same the other way round.
        num_labels = reader.get("num_labels", reader.get("_num_labels", 2))
        dropout = reader.get("classifier_dropout", reader.get("hidden_dropout_prob", 0.1))
        if names is None:
            return {"num_classes": num_labels, "dropout": dropout}
        arguments = {"num_classes": len(names), "dropout": dropout}
        classes = [str(i) for i in range(len(names))]
        if {*names} != {*classes}:
            warn(
                f"id2label names {list(names)} rather than the classes 0 to {len(names) - 1}; the "
                "names are ignored.",
            )
            return arguments
        labels = [str(names[i]) for i in classes]
        return arguments | ({} if labels == _usual_labels(len(labels)) else {"labels": labels})

    def hf_head_config(self) -> dict[str, Any]:
        """The inverse of `from_hf_head_config`."""
        labels = _usual_labels(self.num_classes) if self.labels is None else self.labels
        return {
            "id2label": {str(i): label for i, label in enumerate(labels)},
            "label2id": {label: i for i, label in enumerate(labels)},
            "classifier_dropout": self.dropout,
        }


def _usual_labels(num_classes: int) -> list[str]:
    """The names that transformers gives to unnamed classes."""
    return [f"LABEL_{i}" for i in range(num_classes)]
