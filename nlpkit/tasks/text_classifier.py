"""TextClassifier: text classification."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import keras
import numpy as np

from nlpkit._types import Activation, Data, KerasIdentifier
from nlpkit._warning import warn
from nlpkit.backbones.backbone import Backbone
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.modules.activation import get_activation
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.tasks.data.text_dataset import is_batched_source, longest_first, take
from nlpkit.tasks.results.window_display import WindowDisplay
from nlpkit.tasks.shared.classifier_head import (
    INITIALIZER_RANGE,
    ids_of_ends,
    text_features,
    text_inputs,
)
from nlpkit.tasks.shared.head_config import (
    read_dropout,
    read_names,
    usual_names,
    write_dropout,
    write_names,
)
from nlpkit.tasks.shared.windowed_prediction import (
    COMBINATIONS,
    outputs_of_windows,
    predict_windows,
)
from nlpkit.tasks.task import Task

# By transformers' names.
SINGLE, SEVERAL = "single_label_classification", "multi_label_classification"
REGRESSION = "regression"
_ENTROPIES = {
    SINGLE: keras.losses.SparseCategoricalCrossentropy,
    SEVERAL: keras.losses.BinaryCrossentropy,
}


class TextClassifier(Task):
    """Classify texts or pairs of texts: a dense layer on the pooled features of a backbone.

    It compiles itself with Adam (5e-5) and, unless `compile=False`, for its `problem_type`: with
    sparse categorical cross-entropy and accuracy, binary cross-entropy and binary accuracy, or the
    mean squared error; `compile` it again for anything else. `TextClassifier.from_preset` finds the
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
            has one; None for the hidden size. Other families take None alone.
        pooling: str or None. What of a text is classified: "pooler", the pooled output of the
            backbone; the "first" or the "last" token, or the "mean" or "max" of all. None for the
            way of the family, which is the last token in decoders.
        problem_type: str or None. "single_label_classification", one class for each text;
            "multi_label_classification", any number of them: labels are rows of `num_classes`
            numbers from 0 to 1, or lists of names; "regression", `num_classes` numbers. None for a
            regression if `num_classes` is 1, otherwise one class.
        **kwargs: `name`, `trainable` of `keras.Model`, and `compile` (bool, default True).

    Call arguments:
        inputs: the backbone's inputs.
        training: bool. Whether dropout is applied.

    Returns:
        float `[batch, num_classes]`, logits unless there is an activation.

    Raises:
        ValueError: `num_classes` is not positive or not the number of `labels`; the backbone has
            no pooled output; `hidden_dim` is given for a head without a dense layer; the backbone
            or the preprocessor is of another family.

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
        problem_type: str | None = None,
        **kwargs: Any,
    ) -> None:
        if labels is not None and len(labels) != num_classes:
            raise ValueError(
                f"labels must name each of the num_classes={num_classes} classes; got "
                f"{list(labels)}. (For classes other than a preset's, pass load_head=False.)"
            )
        if problem_type is not None:
            check_choice("problem_type", problem_type, (SINGLE, SEVERAL, REGRESSION))
        head = backbone.classifier_head
        if pooling is not None:
            check_choice("pooling", pooling, ("pooler", "first", "last", "mean", "max"))
            head = replace(head, pooling=pooling)
        inputs = text_inputs(backbone)
        outputs = keras.layers.Dense(
            num_classes,
            activation=get_activation(activation),
            use_bias=head.output_bias,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=INITIALIZER_RANGE),
            dtype=backbone.dtype_policy,
            name="logits",
        )(text_features(backbone, inputs, head, dropout, hidden_dim))
        super().__init__(inputs, outputs, backbone=backbone, preprocessor=preprocessor, **kwargs)
        self.num_classes = num_classes
        self.activation = activation
        self.dropout = dropout
        self.labels = labels
        self.hidden_dim = hidden_dim
        self.pooling = pooling
        self.problem_type = problem_type
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
            loss: "auto" is that of the `problem_type`, on logits unless there is an activation.
            metrics: "auto" is its accuracy with the loss "auto", otherwise none.
            **kwargs: further arguments of `keras.Model.compile`.
        """
        linear = self._has_logits
        if metrics == "auto":
            # An empty list: with None, Keras keeps the previous ones.
            metrics = _metrics(self._problem, linear) if loss == "auto" else []
        if loss == "auto" and self._problem == REGRESSION:
            loss = keras.losses.MeanSquaredError()
        elif loss == "auto":
            loss = _ENTROPIES[self._problem](from_logits=linear)
        if optimizer == "auto":
            optimizer = keras.optimizers.Adam(5e-5)
        super().compile(optimizer=optimizer, loss=loss, metrics=metrics, **kwargs)

    @property
    def _problem(self) -> str:
        usual = REGRESSION if self.num_classes == 1 else SINGLE
        return usual if self.problem_type is None else self.problem_type

    @property
    def _has_logits(self) -> bool:
        return get_activation(self.activation) is keras.activations.linear

    def predict(
        self,
        x: Data,
        batch_size: int | None = None,
        *,
        output: str | None = None,
        windows: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Compute the outputs for raw strings; further arguments as `keras.Model.predict`.

        Examples in memory are sorted, so that the texts of a batch are about as long, and rows are
        as long as the longest of them (on JAX and TensorFlow rounded up to one of a few lengths).

        Args:
            x: texts, or pairs of them, in any form.
            batch_size: int or None. Default 32.
            output: str or None. "logits"; "probabilities" of the classes; "labels", the most
                probable class of each text by name (or number, if there are no names), or for
                several labels a list of those of probability 0.5 and more. Default None: the
                outputs as they are.
            windows: str or None. How single texts that are longer than `sequence_length` are read:
                in overlapping windows, whose outputs are combined by their "mean" or "max".
                Default None: they are cut.
            **kwargs: of `keras.Model.predict`.

        Returns:
            float array `[examples, num_classes]`, in the order of `x`; a list for "labels".

        Raises:
            ValueError: the model cannot compute the output: a regression has no classes, a model
                with an activation no logits.
        """
        if output is not None:
            self._check_output(output)
        if windows is None:
            outputs = self._predict_by_length(x, batch_size, **kwargs)
        else:
            check_choice("windows", windows, tuple(COMBINATIONS))
            outputs = predict_windows(self, x, windows, batch_size, **kwargs)
        if output in (None, "logits"):
            return outputs
        probabilities = self._probabilities(outputs)
        return probabilities if output == "probabilities" else self._named(probabilities)

    def _predict_by_length(self, x: Data, batch_size: int | None, **kwargs: Any) -> Any:
        """Predict for the longest texts first, so that those of a batch are about as long."""
        if not self._reader(labelled=False).trims or is_batched_source(x) or "steps" in kwargs:
            return super().predict(x, batch_size, **kwargs)
        x, _, _ = self._read(x, labelled=False)
        order = longest_first(x)
        return super().predict(take(x, order), batch_size, **kwargs)[np.argsort(order)]

    def _reader(self, labelled: bool = True) -> Any:
        pads = isinstance(self.preprocessor, TextClassifierPreprocessor)
        trims = pads and not labelled and not self.backbone.counts_padding
        limit = self.backbone.max_positions
        return replace(super()._reader(labelled), trims=trims, max_length=limit)

    def show_windows(self, text: str, batch_size: int | None = None) -> WindowDisplay:
        """Show what each window of a text says, of which `predict(..., windows=…)` is combined.

        Args:
            text: str. Of any length.
            batch_size: int or None. The number of windows computed at once. Default 32.

        Returns:
            A display of the text, in color in notebooks, with each window's classes and their
            probabilities (of several labels those of 0.5 and more), or numbers. Its `windows` have
            `start`, `end` and `said`.

        Raises:
            TypeError: `text` is no str.
            ValueError: there is no preprocessor.

        Example:
            >>> classifier = nlpkit.models.TextClassifier.from_preset(
            ...     "bert_nano_en_uncased_sst2", sequence_length=8
            ... )
            >>> shown = classifier.show_windows("A lovely film, with a dull and tired ending.")
            >>> [window.said[0] for window in shown.windows]  # The class, and its probability.
            ['1', '0']
        """
        if not isinstance(text, str):
            raise TypeError(f"text must be a str; got {text!r:.80}. Call it for each of several.")
        windows, outputs = outputs_of_windows(self, [text], batch_size, verbose=0)
        return WindowDisplay.of(windows, self._said(outputs))

    def _said(self, outputs: np.ndarray) -> list[str]:
        """What the outputs for texts mean, in words."""
        if self._problem == REGRESSION:
            return [", ".join(f"{x:.3g}" for x in row) for row in outputs.astype("float32")]
        probabilities = self._probabilities(outputs)
        said = []
        for row in probabilities:
            least = row.max() if self._problem == SINGLE else 0.5
            chosen = [i for i, p in enumerate(row) if p >= least]
            said.append(", ".join(f"{self._names[i]}: {row[i]:.2f}" for i in chosen) or "none")
        return said

    def _probabilities(self, outputs: np.ndarray) -> np.ndarray:
        outputs = outputs.astype("float32")
        return _probabilities(outputs, self._problem) if self._has_logits else outputs

    def _check_output(self, output: str) -> None:
        check_choice("output", output, ("logits", "probabilities", "labels"))
        if self._problem == REGRESSION:
            raise ValueError(f"A regression predicts numbers; got output={output!r}. Omit it.")
        if output == "logits" and not self._has_logits:
            raise ValueError(
                f"The outputs are not logits, but those of activation={self.activation!r}; omit "
                'output="logits".'
            )

    @property
    def _names(self) -> Sequence[Any]:
        return range(self.num_classes) if self.labels is None else self.labels

    def _named(self, probabilities: np.ndarray) -> list[Any]:
        names = self._names
        if self._problem == SINGLE:
            return [names[i] for i in probabilities.argmax(axis=-1).tolist()]
        return [[names[i] for i in np.flatnonzero(row >= 0.5).tolist()] for row in probabilities]

    @classmethod
    def from_hf_head_config(
        cls, reader: ConfigReader, backbone_class: type[Backbone]
    ) -> dict[str, Any]:
        """Read the classes with their names, and the dropout, under the family's key for it."""
        number, labels = read_names(reader)
        problem = reader.require("problem_type", {None, SINGLE, SEVERAL, REGRESSION}, None)
        return {
            "num_classes": number,
            "dropout": read_dropout(reader, cls.head_on(backbone_class)),
            **({} if problem is None else {"problem_type": problem}),
            **({} if labels is None else {"labels": labels}),
        }

    def hf_head_config(self) -> dict[str, Any]:
        """The inverse of `from_hf_head_config`."""
        family = {
            "pooling": self.backbone.classifier_head.pooling,
            "hidden_dim": getattr(self.backbone, "hidden_dim", None),
        }
        for name, usual in family.items():
            if (own := getattr(self, name)) not in (None, usual):
                warn(
                    f"This {type(self).__name__} has {name}={own!r}, where its family has "
                    f"{usual!r}. nlpkit restores that; Hugging Face's files do not say it, so "
                    "transformers refuses the head or predicts other values."
                )
        problem = {} if self.problem_type is None else {"problem_type": self.problem_type}
        return {
            **problem,
            **ids_of_ends(self.backbone, self.preprocessor),
            **write_names(usual_names(self.num_classes) if self.labels is None else self.labels),
            **write_dropout(self.dropout, self.head_on(type(self.backbone))),
        }


def _metrics(problem: str, from_logits: bool) -> list[keras.metrics.Metric]:
    if problem == REGRESSION:
        return []
    if problem == SINGLE:
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
    return [keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0 if from_logits else 0.5)]


def _probabilities(logits: np.ndarray, problem: str) -> np.ndarray:
    if problem == SEVERAL:
        # By tanh, which does not overflow.
        return (np.tanh(logits / 2) + 1) / 2
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
