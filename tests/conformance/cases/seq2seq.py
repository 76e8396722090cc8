"""A case of an encoder-decoder family, which stands for all its classes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

import nlpkit
from conformance.cases.case import Case, fill
from conformance.cases.decoder import Arguments, TokenizerArguments
from conformance.cases.decoder import reference as plain_reference
from conformance.cases.kerashub_decoder import KerasHubDecoder
from conformance.cases.tasks import LABELS, TEXTS

PAIRS = (["the movie was", "go", "unbelievable, a good"], ["good", "the movie was", ""])
TRAINED_ON = dict(zip(("encoder_text", "decoder_text"), PAIRS, strict=True))
# Of the rows of KerasHub's preprocessors.
LENGTHS = {"encoder_sequence_length": 12, "decoder_sequence_length": 10}
# Of the rows that families are compared on: sources, and targets of which a token is the prompt.
SOURCES, TARGETS = np.array([7, 4, 5]), np.array([6, 6, 3])
# What the classes of transformers end with that have the heads of tasks.
HEADS = {
    "TextClassifier": "ForSequenceClassification",
    "QuestionAnswerer": "ForQuestionAnswering",
}


@dataclass(frozen=True)
class Seq2SeqCase:
    """A family of encoder-decoders.

    A module of `conformance.families` has them in its list CASES; nothing else is to be listed.

    Attributes:
        name: the public name of its backbone.
        arguments: makes a value other than the default for every argument of the backbone that
            `others` does not.
        references: makes a tiny random model with a head of Hugging Face's, by shape.
        tokenizer: makes the arguments of its tokenizer.
        tokenizers: those of others, by their public names.
        preprocessors: the public names of others, each with its tokenizer's.
        others: makes arguments of the backbone that exclude some of `arguments`, by variant.
        kerashub: tiny models of KerasHub's, by variant, if it has the family.
        heads: makes a tiny random model with a head that classifies, one of the first shape and one
            of another, by the public name of the base class of its task.
    """

    name: str
    arguments: Arguments
    references: Mapping[str, Callable[[], Any]]
    tokenizer: TokenizerArguments
    others: Mapping[str, Arguments] = field(default_factory=dict)
    tokenizers: Mapping[str, TokenizerArguments] = field(default_factory=dict)
    preprocessors: Mapping[str, str] = field(default_factory=dict)
    kerashub: Mapping[str, KerasHubDecoder] = field(default_factory=dict)
    heads: Mapping[str, Sequence[Callable[[], Any]]] = field(default_factory=dict)
    exempt: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return id(self)

    def named(self, kind: str) -> str:
        """The public name of the family's class of a kind."""
        return self.name.removesuffix("Backbone") + kind

    def cls(self, kind: str) -> Any:
        return getattr(nlpkit.models, self.named(kind))

    def preprocessor(self, **arguments: Any) -> Any:
        tokenizer = self.tokenizer.build(self.named("Tokenizer"))
        return self.cls("Seq2SeqLMPreprocessor")(tokenizer, **arguments)

    def build(self, **arguments: Any) -> Any:
        """A task with random weights, a vocabulary and no dropout."""
        given = self.arguments()
        preprocessor = self.preprocessor(encoder_sequence_length=20, decoder_sequence_length=24)
        own: dict[str, Any] = {name: 0.0 for name in given if "dropout" in name}
        own["vocabulary_size"] = preprocessor.tokenizer.vocabulary_size()
        backbone = self.cls("Backbone")(**{**given, **own, **arguments})
        return fill(self.cls("Seq2SeqLM")(backbone, preprocessor))

    def cases(self) -> list[Case]:
        """All classes of the family."""
        tokenizers = {self.named("Tokenizer"): self.tokenizer, **self.tokenizers}
        usual = {self.named("Seq2SeqLMPreprocessor"): self.named("Tokenizer")}
        return [
            *(
                Case(
                    name,
                    given.changed,
                    others={"small": given.small},
                    exempt={**self.exempt, **given.exempt},
                )
                for name, given in tokenizers.items()
            ),
            *(
                Case(name, partial(_packing, tokenizers[own], own), examples=(TRAINED_ON,))
                for name, own in {**usual, **self.preprocessors}.items()
            ),
            Case(self.name, self.arguments, others=self.others, exempt=self.exempt, family=self),
            Case(self.named("Seq2SeqLM"), self._parts, examples=(TRAINED_ON,), family=self),
            *self._classifier_cases(),
        ]

    def _classifier_cases(self) -> list[Case]:
        name = self.named("TextClassifier")
        if not hasattr(nlpkit.models, name):
            return []
        classified = (TEXTS, LABELS)
        return [
            Case(f"{name}Preprocessor", self._classified, examples=(TEXTS,)),
            Case(name, self._classifier, examples=classified, family=self),
        ]

    def _classified(self) -> dict[str, Any]:
        return {
            "tokenizer": self.tokenizer.build(self.named("Tokenizer")),
            "sequence_length": 10,
            "truncate": "waterfall",
            "truncation": "silent",
            "padding_side": "left",
        }

    def _classifier(self) -> dict[str, Any]:
        return {
            "backbone": self.build().backbone,
            "num_classes": 3,
            "preprocessor": self.cls("TextClassifierPreprocessor")(**self._classified()),
            "activation": "softmax",
            "dropout": 0.05,
            "labels": ["bad", "fair", "good"],
            "hidden_dim": 8,
            "pooling": "mean",
            "problem_type": "single_label_classification",
        }

    def _parts(self) -> dict[str, Any]:
        task = self.build()
        parts = {"backbone": task.backbone, "preprocessor": task.preprocessor}
        return {**parts, "stop_token_ids": [1, 5], "generation_config": {"num_beams": 2}}


def _packing(arguments: TokenizerArguments, name: str) -> dict[str, Any]:
    return {
        "tokenizer": arguments.build(name),
        "encoder_sequence_length": 9,
        "decoder_sequence_length": 7,
        "truncation": "silent",
        "padding_side": "left",
    }


def reference(architecture: str, **config: Any) -> Callable[[], Any]:
    """As `conformance.cases.decoder.reference`, with terms of the logits.

    Norms get large factors: else beams are of texts with the same tokens in another order, whose
    scores differ by less than rounding does.
    """

    @cache
    def make() -> Any:
        import torch

        model = plain_reference(architecture, **config)()
        with torch.no_grad():
            model.final_logits_bias += torch.linspace(-1, 1, model.config.vocab_size)
            for part in model.modules():
                if isinstance(part, torch.nn.LayerNorm):
                    part.weight += 2
        return model

    return make


def rows_of_ids(lengths: np.ndarray, words: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random ids of rows of these lengths, padded on the right, and which of them are tokens."""
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids = np.random.default_rng(seed).integers(2, words, mask.shape)
    return ids.astype("int32") * mask, mask
