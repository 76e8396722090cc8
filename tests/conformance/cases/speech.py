"""A case of a family that transcribes speech, which stands for all its classes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import nlpkit
from conformance.cases.case import Case, fill
from conformance.cases.decoder import Arguments
from conformance.cases.tokenizers import BYTE_PAIR_ASSETS, byte_pair_arguments
from nlpkit.presets.mapping.assignment import named_variables

_NAMES = ["endoftext", "startoftranscript", "en", "de", "translate", "transcribe", "nospeech"]
_NAMES += ["notimestamps"]
_FIRST = len(BYTE_PAIR_ASSETS["vocabulary"])
_SPECIAL = {f"<|{name}|>": _FIRST + i for i, name in enumerate(_NAMES)}
# The window, and the samples a second.
SECONDS, RATE = 1, 800
_CONVERTER = {"num_mels": 6, "num_fft_bins": 40, "stride": 40, "sampling_rate": RATE}
GENERATION = {
    "suppress_tokens": [60, 61],
    "begin_suppress_tokens": [62, _FIRST],
    "max_initial_timestamp_index": 20,
}


@dataclass(frozen=True)
class SpeechCase:
    """A family of encoder-decoders from speech to text.

    Attributes:
        name: the public name of its backbone.
        arguments: makes a value other than the default for every argument of the backbone.
        references: makes a tiny random model with a head of Hugging Face's, by shape.
    """

    name: str
    arguments: Arguments
    references: Mapping[str, Callable[[], Any]]
    exempt: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return id(self)

    def named(self, kind: str) -> str:
        """The public name of the family's class of a kind."""
        return self.name.removesuffix("Backbone") + kind

    def cls(self, kind: str) -> Any:
        return getattr(nlpkit.models, self.named(kind))

    def tokenizer(self, **arguments: Any) -> Any:
        return self.cls("Tokenizer")(**_vocabulary(), **arguments)

    def preprocessor(self, **arguments: Any) -> Any:
        converter = self.cls("AudioConverter")(**_CONVERTER, max_audio_length=SECONDS)
        arguments = {"language": "de", **arguments}
        return self.cls("Preprocessor")(converter, self.tokenizer(), 14, **arguments)

    def build(self, **arguments: Any) -> Any:
        """A task with random weights, a vocabulary with timestamps and no dropout."""
        given = self.arguments()
        own: dict[str, Any] = {name: 0.0 for name in given if "dropout" in name}
        own["vocabulary_size"] = _FIRST + len(_NAMES) + 51
        backbone = self.cls("Backbone")(**{**given, **own})
        task = self.cls("SpeechToText")(
            backbone, self.preprocessor(), generation_config=GENERATION, **arguments
        )
        fill(task)
        for name, variable in named_variables(backbone).items():
            # So that transcripts depend on audio.
            if "frame_embedding/conv" in name:
                variable.assign(4 * variable.value)
            elif name.endswith(("gamma", "beta")):
                variable.assign(
                    2 + variable.value if name.endswith("gamma") else 0 * variable.value
                )
        return task

    def cases(self) -> list[Case]:
        """All classes of the family."""
        family = {"exempt": self.exempt, "family": self}
        small = {"small": _vocabulary}
        return [
            Case(self.named("Tokenizer"), self._tokenizer, others=small),
            Case(self.named("AudioConverter"), self._converter),
            Case(self.named("Preprocessor"), self._preprocessor, examples=(spoken(),)),
            Case(self.name, self.arguments, **family),
            Case(self.named("SpeechToText"), self._parts, examples=(spoken(),), **family),
        ]

    def _tokenizer(self) -> dict[str, Any]:
        given = byte_pair_arguments()
        names = (f"{x}_token" for x in ("bos", "eos", "pad", "no_timestamps"))
        own = dict(zip(names, ("[CLS]", "[SEP]", "[PAD]", "[MASK]"), strict=True))
        tasks = {"translate_token": "[UNK]", "transcribe_token": "<end>", "multilingual": False}
        return {**given, **own, **tasks}

    def _converter(self) -> dict[str, Any]:
        return {**_CONVERTER, "max_audio_length": 2, "truncation": "silent"}

    def _preprocessor(self) -> dict[str, Any]:
        return {
            "audio_converter": self.cls("AudioConverter")(**_CONVERTER),
            "tokenizer": self.tokenizer(),
            "decoder_sequence_length": 12,
            "language": "de",
            "task": "translate",
            "no_timestamps": False,
        }

    def _parts(self) -> dict[str, Any]:
        task = self.build()
        parts = {"backbone": task.backbone, "preprocessor": task.preprocessor}
        return {**parts, "stop_token_ids": [5], "generation_config": {"suppress_tokens": [3]}}


def _vocabulary() -> dict[str, Any]:
    vocabulary = {**BYTE_PAIR_ASSETS["vocabulary"], **_SPECIAL}
    return {**BYTE_PAIR_ASSETS, "vocabulary": vocabulary, "special_tokens": [*_SPECIAL]}


def clips(*lengths: int) -> list[np.ndarray]:
    """Noise of these numbers of samples, each louder than the one before."""
    rng = np.random.default_rng(5)
    return [rng.normal(0, 0.1 + i, n).astype("float32") for i, n in enumerate(lengths)]


def spoken() -> dict[str, Any]:
    """Clips with transcripts, to learn from."""
    texts = ["the movie", "good", "the movie was good", ""]
    return {"encoder_audio": clips(700, 300, 500, 100), "decoder_text": texts}


def inputs_of(features: int, frames: int, words: int) -> dict[str, np.ndarray]:
    """Random inputs of a backbone: two clips, and transcripts padded on the right."""
    rng = np.random.default_rng(4)
    mask = np.arange(5) < np.array([[5], [3]])
    return {
        "encoder_features": rng.normal(0, 1, (2, frames, features)).astype("float32"),
        "decoder_token_ids": rng.integers(0, words, mask.shape).astype("int32") * mask,
        "decoder_padding_mask": mask,
    }
