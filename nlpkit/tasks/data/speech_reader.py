"""Reading of clips of audio with their transcripts, to learn the next tokens of these."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

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
        packer = self.preprocessor.label_packer
        rows = packer((self.preprocessor.tokenizer(x["decoder_text"]),))
        features = {
            "encoder_features": self.preprocessor.audio_converter(x["encoder_audio"]),
            "decoder_token_ids": rows.token_ids,
            "decoder_padding_mask": rows.padding_mask,
        }
        # The last token of the prompt is followed by the first of the transcript.
        follows = np.arange(packer.sequence_length) + 1 >= len(packer.start_value)
        return features, rows.labels, rows.weights * follows.astype("float32")
