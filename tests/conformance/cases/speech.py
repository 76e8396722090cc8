"""A case of a family that transcribes speech, which stands for all its classes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import nlpkit
from conformance.cases.case import Case
from conformance.cases.decoder import Arguments


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

    def cases(self) -> list[Case]:
        """All classes of the family."""
        return [Case(self.name, self.arguments, exempt=self.exempt, family=self)]


def inputs_of(features: int, frames: int, words: int) -> dict[str, np.ndarray]:
    """Random inputs of a backbone: two clips, and transcripts padded on the right."""
    rng = np.random.default_rng(4)
    mask = np.arange(5) < np.array([[5], [3]])
    return {
        "encoder_features": rng.normal(0, 1, (2, frames, features)).astype("float32"),
        "decoder_token_ids": rng.integers(0, words, mask.shape).astype("int32") * mask,
        "decoder_padding_mask": mask,
    }
