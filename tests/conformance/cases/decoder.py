"""A case of a decoder family, which stands for all its classes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

import nlpkit
from conformance.cases.backbones import PADDING_MASK, TOKEN_IDS, randomize
from conformance.cases.case import Case, fill
from conformance.cases.kerashub_decoder import KerasHubDecoder
from conformance.cases.sentence_piece import sentence_piece_arguments, tiny_proto
from conformance.cases.tokenizers import BYTE_PAIR_ASSETS, byte_pair_arguments

Arguments = Callable[[], dict[str, Any]]
_SIZES = {
    "vocab_size": 31,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
# Of the rows that families are compared on: a few tokens of each are the prompt.
LENGTHS = np.array([12, 9, 7])
STEPS = 6


@dataclass(frozen=True)
class DecoderCase:
    """A family of decoders.

    A module of `conformance.families` has them in its list CASES; nothing else is to be listed.

    Attributes:
        name: the public name of its backbone.
        arguments: makes a value other than the default for every argument of the backbone that
            `others` does not: up to three layers, a width of 8 to 16.
        references: makes a tiny random model with a head of Hugging Face's, by shape, see
            `reference`: at least three unusual ones. A window is shorter than 7.
        tokenizers: makes arguments in the same way, by the public name of the tokenizer, see
            `byte_pairs` and `sentence_pieces`; `generate` is tried with the first.
        preprocessors: the public names of the preprocessors, each with its tokenizer's; by default
            one of the usual name with the first tokenizer.
        others: makes arguments of the backbone that exclude some of `arguments`, by variant.
        task: the public name of the task, by default the usual one.
        kerashub: tiny models of KerasHub's, by variant, if it has the family; variants of all
            families have different names.
        exempt: names of checks it cannot pass, each with the reason; strict.
    """

    name: str
    arguments: Arguments
    references: Mapping[str, Callable[[], Any]]
    tokenizers: Mapping[str, "TokenizerArguments"]
    preprocessors: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Arguments] = field(default_factory=dict)
    task: str = ""
    kerashub: Mapping[str, KerasHubDecoder] = field(default_factory=dict)
    exempt: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return id(self)

    @property
    def task_name(self) -> str:
        return self.task or self._prefix + "CausalLM"

    @property
    def task_class(self) -> Any:
        return getattr(nlpkit.models, self.task_name)

    def preprocessor(self, **arguments: Any) -> Any:
        """The first preprocessor, with the first tokenizer."""
        name, tokenizer = next(iter(self._preprocessors.items()))
        tokenizer = self.tokenizers[tokenizer].build(tokenizer)
        return getattr(nlpkit.models, name)(tokenizer, **arguments)

    def build(self, **arguments: Any) -> Any:
        """A task with random weights and the vocabulary of the first preprocessor, no dropout."""
        given = self.arguments()
        preprocessor = self.preprocessor(sequence_length=48)
        own: dict[str, Any] = {name: 0.0 for name in given if "dropout" in name}
        own["vocabulary_size"] = preprocessor.tokenizer.vocabulary_size()
        if "max_sequence_length" in given:
            own["max_sequence_length"] = 160
        backbone = getattr(nlpkit.models, self.name)(**{**given, **own, **arguments})
        return fill(self.task_class(backbone, preprocessor))

    def backbone_case(self) -> Case:
        inputs = {"token_ids": TOKEN_IDS, "padding_mask": PADDING_MASK}
        return Case(self.name, self.arguments, inputs, self.others, exempt=self.exempt, family=self)

    def task_case(self) -> Case:
        def arguments() -> dict[str, Any]:
            task = self.build()
            parts = {"backbone": task.backbone, "preprocessor": task.preprocessor}
            return {**parts, "stop_token_ids": [1, 5]}

        return Case(self.task_name, arguments, exempt=self.exempt, family=self)

    def tokenizer_cases(self) -> list[Case]:
        return [
            Case(name, given.changed, others={"small": given.small}, exempt=self.exempt)
            for name, given in self.tokenizers.items()
        ]

    def preprocessor_cases(self) -> list[Case]:
        def case(name: str, tokenizer: str) -> Case:
            def arguments() -> dict[str, Any]:
                made = self.tokenizers[tokenizer].build(tokenizer)
                return {"tokenizer": made, **_PREPROCESSING}

            others = {"packing": lambda: {**arguments(), "packing": True}}
            return Case(name, arguments, others=others, exempt=self.exempt, family=self)

        return [case(name, tokenizer) for name, tokenizer in self._preprocessors.items()]

    @property
    def _prefix(self) -> str:
        return self.name.removesuffix("Backbone")

    @property
    def _preprocessors(self) -> Mapping[str, str]:
        usual = {self._prefix + "CausalLMPreprocessor": next(iter(self.tokenizers))}
        return self.preprocessors or usual


@dataclass(frozen=True)
class TokenizerArguments:
    """Makes the arguments of a tokenizer.

    Attributes:
        changed: a value other than the default for every argument.
        small: those for a small vocabulary; else the defaults.
        exempt: names of checks it cannot pass, each with the reason; strict.
    """

    changed: Arguments
    small: Arguments
    exempt: Mapping[str, str] = field(default_factory=dict)

    def build(self, name: str) -> Any:
        return getattr(nlpkit.models, name)(**self.small())


_PREPROCESSING = {
    "sequence_length": 24,
    "add_start_token": False,
    "add_end_token": False,
    "response_only": False,
    "truncation": "silent",
    "padding_side": "left",
}


def byte_pairs(*, special: Mapping[str, str], **changed: Any) -> TokenizerArguments:
    """The arguments of a tokenizer of byte pairs.

    Args:
        special: its special tokens, by argument: of "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]".
        **changed: other values for arguments whose default is that of the usual case.
    """
    return TokenizerArguments(
        changed=lambda: {**byte_pair_arguments(), **special, **changed},
        small=lambda: {**BYTE_PAIR_ASSETS, **special},
    )


def sentence_pieces(
    *, special: Mapping[str, str], model_type: str = "bpe", **changed: Any
) -> TokenizerArguments:
    """The arguments of a tokenizer of SentencePiece's, as `byte_pairs` has them."""
    return TokenizerArguments(
        changed=lambda: {**sentence_piece_arguments(), **special, **changed},
        small=lambda: {"proto": tiny_proto(model_type), **special},
    )


def reference(architecture: str, **config: Any) -> Callable[[], Any]:
    """Makes a model of Hugging Face's with random weights, biases and norms.

    Args:
        architecture: name of the class in transformers, with its head.
        **config: what differs from a vocabulary of 31, a width of 16, 2 layers and 4 heads; under
            the names "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads" or the
            configuration's own.
    """

    @cache
    def make() -> Any:
        import transformers

        cls = getattr(transformers, architecture)
        return randomize(cls(cls.config_class(**{**_SIZES, **config})).eval())

    return make


def rows_of_ids(words: int) -> tuple[np.ndarray, np.ndarray]:
    """Random ids of rows of LENGTHS, padded on the right, and which of them are tokens."""
    mask = np.arange(LENGTHS.max()) < LENGTHS[:, None]
    ids = np.random.default_rng(0).integers(0, words, mask.shape)
    return ids.astype("int32") * mask, mask
