"""TokenClassifier: classification of tokens, and the entities that they spell."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import keras
import numpy as np

from nlpkit._types import Data
from nlpkit.backbones.backbone import Backbone
from nlpkit.ops.data.tag_scheme import tags_of
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.preprocessors.token_classifier_preprocessor import TokenClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.tasks.data.text_dataset import TextDataset
from nlpkit.tasks.data.token_reader import LabelledWindow, TokenReader
from nlpkit.tasks.results.entities import EntityReader, entities_of
from nlpkit.tasks.shared.classifier_head import (
    INITIALIZER_RANGE,
    inputs_of_one_stack,
    token_features,
)
from nlpkit.tasks.shared.head_config import (
    read_dropout,
    read_names,
    usual_names,
    write_dropout,
    write_names,
)
from nlpkit.tasks.shared.token_loss import TokenLoss
from nlpkit.tasks.task import Task


class TokenClassifier(TokenLoss, Task):
    """Label the words of texts, and find entities: a dense layer on the features of each token.

    `fit` and `evaluate` take texts with lists of spans, `(start, end, label)` in characters, or
    with `words=True` lists of words with a label for each. `predict` finds the entities of texts of
    any length: long ones are split into overlapping windows. Labels such as "B-PER" and "I-PER" are
    tags of BIO or BIOES, see `tags`; the labels of spans are their types. Spans and tokens are
    aligned by characters, so spans may begin and end where words do, whatever the tokenizer.

    It compiles itself with Adam (5e-5), sparse categorical cross-entropy and accuracy, both
    weighted: what is not classified, such as the further tokens of a word, has the weight 0.

    Args:
        backbone: `Backbone`, an encoder or a decoder.
        labels: list of str. The names of the classes, in order; "O" is outside of entities. A
            preset takes them from its `id2label`.
        preprocessor: `TokenClassifierPreprocessor`; None if the input is preprocessed already.
        dropout: float in [0, 1). The dropout rate for the features.
        **kwargs: `name`, `trainable` of `keras.Model`, and `compile` (bool, default True).

    Call arguments:
        inputs: the backbone's inputs.
        training: bool. Whether dropout is applied.

    Returns:
        float `[batch, seq, labels]`, logits.

    Raises:
        ValueError: there are no labels, or one occurs twice.

    Example:
        >>> labels = nlpkit.models.TokenClassifier.tags(["FILM"])
        >>> labels
        ['O', 'B-FILM', 'I-FILM']
        >>> model = nlpkit.models.TokenClassifier.from_preset(
        ...     "bert_nano_en_uncased_sst2", labels=labels
        ... )
        >>> history = model.fit(["I saw Up."], [[(6, 8, "FILM")]], verbose=0)
        >>> tags = model.predict([["I", "saw", "Up", "."]], words=True, verbose=0)
        >>> len(tags[0])
        4
    """

    per_token = True
    preprocessor_class: ClassVar[type[Preprocessor] | None] = TokenClassifierPreprocessor
    _words = False

    def __init__(
        self,
        backbone: Backbone,
        labels: Sequence[str],
        preprocessor: Preprocessor | None = None,
        dropout: float = 0.1,
        **kwargs: Any,
    ) -> None:
        if not labels or len(set(labels)) < len(labels):
            raise ValueError(f"labels must name each class once; got {list(labels)}.")
        inputs = inputs_of_one_stack(backbone)
        outputs = keras.layers.Dense(
            len(labels),
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=INITIALIZER_RANGE),
            dtype=backbone.dtype_policy,
            name="logits",
        )(token_features(backbone, inputs, dropout))
        super().__init__(inputs, outputs, backbone=backbone, preprocessor=preprocessor, **kwargs)
        self.labels = labels
        self.dropout = dropout
        self._compile_itself()

    @staticmethod
    def tags(types: Sequence[str], scheme: str = "BIO") -> list[str]:
        """The labels of a scheme for types of entities.

        Args:
            types: list of str, such as `["PER", "ORG"]`.
            scheme: str. "BIO": "B-PER" begins an entity, "I-PER" continues it. "BIOES": "E-PER"
                ends it, "S-PER" is one of a single word.
        """
        return tags_of(types, scheme)

    def fit(
        self, x: Data = None, y: Data = None, *args: Any, words: bool = False, **kw: Any
    ) -> Any:
        """Train on texts with spans, or on labelled words.

        Args:
            x: texts in any form; with `words=True` lists of words.
            y: for each text a list of `(start, end, label)`, of dicts with these keys, or of
                entities that `predict` returned; for words a list of labels, by name or number,
                of which -100 is ignored. In a `tf.data.Dataset`, spans are a dict of the ragged
                tensors `start`, `end` and `label`.
            *args: further arguments of `Task.fit`.
            words: bool. Whether examples are lists of words, those of `validation_data`, too.
            **kw: further arguments of `Task.fit`.

        Returns:
            `keras.callbacks.History`.
        """
        with self._reading(words):
            return super().fit(x, y, *args, **kw)

    def evaluate(
        self, x: Data = None, y: Data = None, *args: Any, words: bool = False, **kw: Any
    ) -> Any:
        """Compute loss and metrics; arguments as for `fit`, and of `Task.evaluate`."""
        with self._reading(words or self._words):
            return super().evaluate(x, y, *args, **kw)

    def predict(
        self, x: Data, batch_size: int | None = None, *, words: bool = False, **kwargs: Any
    ) -> Any:
        """Find the entities of texts, or label words.

        Args:
            x: texts in any form; with `words=True` lists of words.
            batch_size: int or None. The number of windows computed at once. Default 32.
            words: bool. Whether examples are lists of words.
            **kwargs: of `keras.Model.predict`.

        Returns:
            For each text the list of its entities, in order; for words the label of each. Without a
            preprocessor the logits, `[examples, seq, labels]`.
        """
        if self.preprocessor is None:
            return super().predict(x, batch_size, **kwargs)
        reader = self._reader(False, words)
        windows = reader.windows(reader.gathered(x))
        dataset = TextDataset(reader.batch, windows, batch_size=batch_size or 32)
        logits = keras.Model.predict(self, dataset, **kwargs)
        probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(logits.astype("float32")))
        first = [reader.prepare.places(labelled.window)[1] for labelled in windows]
        return self._read_out(windows, first, probabilities, words)

    def _read_out(
        self,
        windows: Sequence[LabelledWindow],
        first: Sequence[int],
        probabilities: np.ndarray,
        words: bool,
    ) -> list[Any]:
        """What the probabilities `[window, seq, labels]` say of each text."""
        units = {labelled.window.row: labelled.window.units for labelled in windows}
        outside = self._entities.scheme.classes([], 1)
        classes = [outside * len(of) for of in units.values()]
        scores = [[1.0] * len(of) for of in units.values()]
        best, score = probabilities.argmax(axis=-1), probabilities.max(axis=-1)
        for row, (at, labelled) in enumerate(zip(first, windows, strict=True)):
            for unit, token in labelled.window.own:
                classes[labelled.window.row][unit] = int(best[row, at + token])
                scores[labelled.window.row][unit] = float(score[row, at + token])
        if words:
            return [[self.labels[i] for i in row] for row in classes]
        scheme = self._entities.scheme
        return [
            entities_of(*each, scheme) for each in zip(units.values(), classes, scores, strict=True)
        ]

    @property
    def _entities(self) -> EntityReader:
        return EntityReader(tuple(self.labels))

    def _reader(self, labelled: bool = True, words: bool | None = None) -> Any:
        given = self._words if words is None else words
        prepare: Any = self.preprocessor
        return TokenReader(prepare, self._entities, given, labelled)

    @contextmanager
    def _reading(self, words: bool) -> Iterator[None]:
        """Within the block examples are lists of words, or are not."""
        before, self._words = self._words, words
        try:
            yield
        finally:
            self._words = before

    @classmethod
    def from_hf_head_config(
        cls, reader: ConfigReader, backbone_class: type[Backbone]
    ) -> dict[str, Any]:
        """Read the names of the classes, and the dropout."""
        number, labels = read_names(reader)
        dropout = read_dropout(reader, cls.head_on(backbone_class))
        return {"labels": labels or usual_names(number), "dropout": dropout}

    def hf_head_config(self) -> dict[str, Any]:
        """The inverse of `from_hf_head_config`."""
        dropout = write_dropout(self.dropout, self.head_on(type(self.backbone)))
        return {**write_names(self.labels), **dropout}
