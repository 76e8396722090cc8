"""A case of an encoder family, which stands for all its classes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

import nlpkit
from conformance.cases.backbones import PADDING_MASK, SEGMENT_IDS, TOKEN_IDS, Family, randomize
from conformance.cases.case import Case
from conformance.cases.decoder import Arguments, TokenizerArguments
from conformance.cases.tasks import LABELS, TEXTS, TaskFamily
from conformance.cases.tokenizers import VOCABULARY, bert_arguments

_SIZES = {
    "vocab_size": 11,
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "max_position_embeddings": 12,
}
# Some families of Hugging Face's take every 1 for padding, whatever the mask says.
_TOKEN_IDS = np.where(PADDING_MASK, np.maximum(TOKEN_IDS, 2), 1)
_AUTO = {
    "TextClassifier": "AutoModelForSequenceClassification",
    "MaskedLM": "AutoModelForMaskedLM",
}
_INPUTS = {
    "token_ids": "input_ids",
    "padding_mask": "attention_mask",
    "segment_ids": "token_type_ids",
}


@dataclass(frozen=True)
class EncoderCase:
    """A family of encoders.

    A module of `conformance.families` has them in its list CASES; nothing else is to be listed.

    Attributes:
        name: the public name of its backbone.
        arguments: makes a value other than the default for every argument of the backbone that
            `others` does not: two layers, a width of 8, a vocabulary of 11, 12 positions.
        references: makes a tiny random model of Hugging Face's without head, by shape, see
            `reference`: at least three unusual ones.
        heads: makes one with a head, by the public name of the base class of its task.
        tokenizers: makes arguments of its tokenizers, by public name, see `byte_pairs` and others;
            tasks are tried with the first.
        others: makes arguments of the backbone that exclude some of `arguments`, by variant.
        outputs: Hugging Face's names of the backbone's outputs.
        has_dense_head: whether its classifier has a dense layer before the logits.
        has_dense_masked_lm: whether its masked language model has one.
        kerashub: special tokens in the vocabulary of KerasHub's tokenizer, if it has the family.
        exempt: names of checks its backbone cannot pass, each with the reason; strict.
    """

    name: str
    arguments: Arguments
    references: Mapping[str, Callable[[], Any]]
    heads: Mapping[str, Callable[[], Any]]
    tokenizers: Mapping[str, TokenizerArguments]
    others: Mapping[str, Arguments] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(
        default_factory=lambda: {"sequence_output": "last_hidden_state"}
    )
    has_dense_head: bool = True
    has_dense_masked_lm: bool = True
    kerashub: tuple[str, ...] = ()
    exempt: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return id(self)

    @property
    def prefix(self) -> str:
        return self.name.removesuffix("Backbone")

    @property
    def has_segments(self) -> bool:
        """Whether its tokenizer numbers segments."""
        return bool(self.packing.numbers_segments)

    @property
    def packing(self) -> Any:
        """How its tokenizer joins segments."""
        return getattr(nlpkit.models, next(iter(self.tokenizers))).packing

    def tokenizer(self) -> Any:
        name, given = next(iter(self.tokenizers.items()))
        return given.build(name)

    def build(self, **arguments: Any) -> Any:
        """A backbone for the first tokenizer's vocabulary, without dropout."""
        given = self.arguments()
        own: dict[str, Any] = {name: 0.0 for name in given if "dropout" in name}
        own["vocabulary_size"] = self.tokenizer().vocabulary_size()
        return getattr(nlpkit.models, self.name)(**{**given, **own, **arguments})

    def backbone_case(self) -> Case:
        inputs = {"token_ids": _TOKEN_IDS, "padding_mask": PADDING_MASK}
        inputs |= {"segment_ids": SEGMENT_IDS} if self.has_segments else {}
        family = Family(self.references, {name: _INPUTS[name] for name in inputs}, self.outputs)
        return Case(
            self.name, self.arguments, inputs, self.others, exempt=self.exempt, family=family
        )

    def tokenizer_cases(self) -> list[Case]:
        return [
            Case(name, given.changed, others={"small": given.small})
            for name, given in self.tokenizers.items()
        ]

    def _preprocessor(self, kind: str, **arguments: Any) -> Any:
        return getattr(nlpkit.models, self.prefix + kind)(self.tokenizer(), **arguments)

    def _packing(self) -> dict[str, Any]:
        return {
            "tokenizer": self.tokenizer(),
            "sequence_length": 10,
            "truncate": "waterfall",
            "truncation": "silent",
            "padding_side": "left",
        }

    def _masking(self) -> dict[str, Any]:
        rates = {"mask_selection_rate": 0.5, "mask_token_rate": 0.7, "random_token_rate": 0.2}
        return {**self._packing(), **rates, "mask_selection_length": 4, "seed": 3}

    def preprocessor_cases(self) -> list[Case]:
        kinds = {"Preprocessor": (self._packing, self._classifier)}
        if "MaskedLM" in self.heads:
            kinds["MaskedLMPreprocessor"] = (self._masking, self._masked_lm)
        return [
            Case(self.prefix + kind, arguments, family=family())
            for kind, (arguments, family) in kinds.items()
        ]

    def task_cases(self) -> list[Case]:
        def classifier() -> dict[str, Any]:
            return {
                "backbone": self.build(),
                "num_classes": 3,
                "preprocessor": self._preprocessor("Preprocessor", sequence_length=10),
                "activation": "softmax",
                "dropout": 0.05,
                "labels": ["bad", "fair", "good"],
                "pooling": "mean",
                "problem_type": "single_label_classification",
                **({"hidden_dim": 8} if self.has_dense_head else {}),
            }

        def masked_lm() -> dict[str, Any]:
            everything = {"mask_selection_rate": 1.0, "mask_token_rate": 1.0}
            everything["mask_selection_length"] = 10
            rates = {**self._masking(), **everything, "random_token_rate": 0.0}
            preprocessor = getattr(nlpkit.models, f"{self.prefix}MaskedLMPreprocessor")(**rates)
            backbone = self.build()
            given = {"backbone": backbone, "preprocessor": preprocessor}
            head = backbone.masked_lm_head  # The only one that transformers, too, can compute.
            if not self.has_dense_masked_lm:
                return given
            numbers = {"head_layer_norm_epsilon": head.norm.epsilon}
            return {**given, "head_activation": head.activation, **numbers}

        cases = [
            Case(
                f"{self.prefix}Classifier",
                classifier,
                needs=("backbone", "num_classes", "preprocessor"),
                refused={} if self.has_dense_head else {"hidden_dim": 8},
                family=self._classifier(),
            )
        ]
        if "MaskedLM" in self.heads:
            family = self._masked_lm()
            name = f"{self.prefix}MaskedLM"
            of_dense = {"head_activation": "relu", "head_layer_norm_epsilon": 0.1}
            refused = {} if self.has_dense_masked_lm else of_dense
            cases.append(Case(name, masked_lm, refused=refused, family=family))
        return cases

    def _classifier(self) -> TaskFamily:
        return TaskFamily(
            task=lambda: getattr(nlpkit.models, f"{self.prefix}Classifier")(self.build(), 3),
            preprocess=lambda: self._preprocessor("Preprocessor", sequence_length=10)(TEXTS),
            generic="TextClassifier",
            labels=LABELS,
            hugging_face=_AUTO["TextClassifier"],
        )

    def _masked_lm(self) -> TaskFamily:
        return TaskFamily(
            task=lambda: getattr(nlpkit.models, f"{self.prefix}MaskedLM")(self.build()),
            preprocess=lambda: self._preprocessor(
                "MaskedLMPreprocessor", sequence_length=10, mask_selection_length=3, seed=5
            )(TEXTS)[0],
            generic="MaskedLM",
            labels=None,
            hugging_face=_AUTO["MaskedLM"],
        )


def word_pieces() -> TokenizerArguments:
    """The arguments of a tokenizer of BERT's, as `byte_pairs` has those of GPT-2's."""
    return TokenizerArguments(changed=bert_arguments, small=lambda: {"vocabulary": VOCABULARY})


def reference(
    architecture: str, sizes: Mapping[str, int] = _SIZES, **config: Any
) -> Callable[[], Any]:
    """Makes a model of Hugging Face's with random weights, biases and norms.

    Args:
        architecture: name of the class in transformers.
        sizes: a vocabulary of 11, a width of 8, 2 layers and heads, an intermediate size of 12 and
            12 positions, by the usual keys.
        **config: what differs from these.
    """

    @cache
    def make() -> Any:
        import transformers

        cls = getattr(transformers, architecture)
        return randomize(cls(cls.config_class(**{**sizes, **config})).eval())

    return make


def head_inputs(case: EncoderCase) -> dict[str, np.ndarray]:
    """What a task of a family is given: rows of several lengths, padded as transformers does."""
    rows = {"token_ids": _TOKEN_IDS, "padding_mask": PADDING_MASK}
    rows |= {"segment_ids": SEGMENT_IDS * PADDING_MASK} if case.has_segments else {}
    step = 1 if case.packing.padding_side == "right" else -1
    return {name: np.ascontiguousarray(x[:, ::step]) for name, x in rows.items()}
