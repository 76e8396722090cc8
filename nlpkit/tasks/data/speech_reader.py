"""Reading of clips of audio with their transcripts, to learn the next tokens of these."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nlpkit._compat import is_tensorflow_value, require
from nlpkit._types import Data
from nlpkit.tasks.data.example_reader import ExampleReader
from nlpkit.tasks.data.labels import Labels

if TYPE_CHECKING:
    from nlpkit.tasks.task import Task


@dataclass(frozen=True)
class SpeechReader(ExampleReader):
    """An `ExampleReader` whose examples are dicts of `encoder_audio` and `decoder_text`."""

    @classmethod
    def of(cls, task: "Task", labelled: bool = True) -> Self:
        """Create the reader of a task with a preprocessor."""
        preprocessor: Any = task.preprocessor
        return cls(
            _NextTokens(preprocessor) if labelled else preprocessor,
            Labels.of(task),
            None,
            labelled,
        )


@dataclass(frozen=True)
class _NextTokens:
    """A `SpeechToTextPreprocessor` that also makes labels, each the token after one.

    Labels are weighted by whether they are of the transcript, or its end.
    """

    preprocessor: Any

    @property
    def pass_instead(self) -> str | None:
        return self.preprocessor.pass_instead

    def read(self, x: Data, y: Data = None, sample_weight: Data = None) -> tuple[Any, Any, Any]:
        return self.preprocessor.read(x, y, sample_weight)

    def check(self, x: Data) -> None:
        self.preprocessor.check(x)

    def __call__(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        length = self.preprocessor.decoder_sequence_length + 1
        features = self.preprocessor(x, decoder_sequence_length=length)
        ids, real = (features[f"decoder_{name}"] for name in ("token_ids", "padding_mask"))
        given = {"decoder_token_ids": ids[:, :-1], "decoder_padding_mask": real[:, :-1]}
        # The last token of the prompt is followed by the first of the transcript.
        prompt = len(self.preprocessor.decoder_packer.start_value)
        counts = real[:, 1:] & (np.arange(1, length) >= prompt)
        is_graph = is_tensorflow_value(counts)
        weights = (
            require("tensorflow", "tf.data").cast(counts, "float32")
            if is_graph
            else counts.astype("float32")
        )
        return {**features, **given}, ids[:, 1:], weights
