"""QuestionAnswerer: answers to questions, as spans of contexts."""

from typing import Any, ClassVar

import keras
from keras import ops

from nlpkit._types import Data
from nlpkit.backbones.backbone import Backbone
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.preprocessors.question_answerer_preprocessor import QuestionAnswererPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.tasks.data.text_dataset import TextDataset
from nlpkit.tasks.results.answers import AnswerReader, ReadWindow, answer_of
from nlpkit.tasks.shared.classifier_head import (
    INITIALIZER_RANGE,
    ids_of_ends,
    text_inputs,
    token_features,
)
from nlpkit.tasks.shared.head_config import read_dropout, write_dropout
from nlpkit.tasks.shared.token_loss import TokenLoss
from nlpkit.tasks.task import Task

# Of padding, whose probability it makes 0 in every dtype.
_NEVER = -1e4


class QuestionAnswerer(TokenLoss, Task):
    """Find answers to questions in contexts: a dense layer on the features of each token.

    `fit` and `evaluate` take pairs of a question and a context with answers, which are spans of the
    context. `predict` reads contexts of any length: long ones are split into overlapping windows,
    and the best answer of all is found, with its characters.

    It compiles itself with Adam (5e-5), sparse categorical cross-entropy over the tokens and
    accuracy, of starts and ends (Devlin et al., 2018). A window that does not contain the answer
    has the first token of its row as label (XLNet: the last), and so has a context without an
    answer.

    Args:
        backbone: `Backbone`, an encoder or a decoder.
        preprocessor: `QuestionAnswererPreprocessor`; None if the input is preprocessed already.
        dropout: float in [0, 1). The dropout rate for the features.
        **kwargs: `name`, `trainable` of `keras.Model`, and `compile` (bool, default True).

    Call arguments:
        inputs: the backbone's inputs.
        training: bool. Whether dropout is applied.

    Returns:
        float `[batch, 2, seq]`, the logits of the start and of the end; -10,000 for padding.

    Example:
        >>> model = nlpkit.models.QuestionAnswerer(
        ...     nlpkit.models.Backbone.from_preset("bert_nano_en_uncased_sst2"),
        ...     nlpkit.models.QuestionAnswererPreprocessor.from_preset("bert_nano_en_uncased_sst2"),
        ... )
        >>> context = "Ann saw a film in Rome."
        >>> history = model.fit([("Where was it?", context)], [(18, "Rome")], verbose=0)
        >>> (answer,) = model.predict([("Where was it?", context)], verbose=0)
        >>> answer.text == context[answer.start : answer.end]
        True
    """

    preprocessor_class: ClassVar[type[Preprocessor] | None] = QuestionAnswererPreprocessor

    def __init__(
        self,
        backbone: Backbone,
        preprocessor: Preprocessor | None = None,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        inputs = text_inputs(backbone)
        logits = keras.layers.Dense(
            2,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=INITIALIZER_RANGE),
            dtype=backbone.dtype_policy,
            name="logits",
        )(token_features(backbone, inputs, dropout))
        real = ops.expand_dims(inputs["padding_mask"], 1)  # B 1 T
        outputs = ops.where(real, ops.transpose(logits, (0, 2, 1)), _NEVER)  # B 2 T
        super().__init__(inputs, outputs, backbone=backbone, preprocessor=preprocessor, **kwargs)
        self.dropout = dropout
        self._compile_itself()

    def predict(
        self,
        x: Data,
        batch_size: int | None = None,
        *,
        no_answer: bool = False,
        max_answer_length: int = 30,
        **kwargs: Any,
    ) -> Any:
        """Answer questions.

        Args:
            x: a tuple of questions and contexts, a list of pairs, a table of `question` and
                `context`, or a source of batches of these.
            batch_size: int or None. The number of windows computed at once. Default 32.
            no_answer: bool. Whether a context may have no answer, as a model may say that was
                trained on such contexts. Default False: the best answer is returned.
            max_answer_length: int. The maximum number of tokens of an answer. Default 30.
            **kwargs: of `keras.Model.predict`.

        Returns:
            An `Answer` for each question: `text`, `start`, `end` and `score`. Without a
            preprocessor the logits, `[examples, 2, seq]`.

        Raises:
            ValueError: a context is empty, a question leaves no room for it, or
                `max_answer_length` is not positive.
        """
        if self.preprocessor is None:
            return super().predict(x, batch_size, **kwargs)
        if max_answer_length < 1:
            raise ValueError(f"max_answer_length must be at least 1; got {max_answer_length}.")
        reader = self._reader(False)
        answered = reader.windows(reader.gathered(x))
        dataset = TextDataset(reader.batch, answered, batch_size=batch_size or 32)
        logits = keras.Model.predict(self, dataset, **kwargs).astype("float32")
        parts: dict[int, list[ReadWindow]] = {}
        for (window, *_), row in zip(answered, logits, strict=True):
            nowhere, first = reader.prepare.places(window)
            of_text = row[:, first : first + len(window.ids)]
            parts.setdefault(window.row, []).append(ReadWindow(window, of_text, row[:, nowhere]))
        return [answer_of(read, max_answer_length, no_answer) for read in parts.values()]

    def _reader(self, labelled: bool = True) -> Any:
        prepare: Any = self.preprocessor
        return AnswerReader(prepare, labelled)

    @classmethod
    def from_hf_head_config(
        cls, reader: ConfigReader, backbone_class: type[Backbone]
    ) -> dict[str, Any]:
        """Read the dropout."""
        return {"dropout": read_dropout(reader, cls.head_on(backbone_class))}

    def hf_head_config(self) -> dict[str, Any]:
        """The inverse of `from_hf_head_config`."""
        dropout = write_dropout(self.dropout, self.head_on(type(self.backbone)))
        return {**dropout, **ids_of_ends(self.backbone, self.preprocessor)}
