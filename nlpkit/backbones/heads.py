"""Where the heads of tasks are in Hugging Face's checkpoints."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from nlpkit.presets.mapping.weight_table import Line, parse

_ANSWERS = """
logits/kernel <- qa_outputs.weight | transpose
logits/bias <- qa_outputs.bias
"""
_DENSE_CLASSIFIER = """
pooled_dense/kernel <- classification_head.dense.weight | transpose
pooled_dense/bias <- classification_head.dense.bias
logits/kernel <- classification_head.out_proj.weight | transpose
logits/bias <- classification_head.out_proj.bias
"""


@dataclass(frozen=True)
class HeadTable:
    """The head of a task in the checkpoints of a family.

    Attributes:
        architecture: the class of transformers that has the head; "" if there is none.
        text: the weight table of the head.
        others: other classes of transformers whose head is the same.
        dropout: the configuration's key of its dropout rate, and the rate where that is absent;
            None for the rate of hidden states.
        variant: an argument of the backbone, and the weight table where it is false; None for none.
        prefix: what the backbone's tensors start with beside it; None for the usual.
    """

    architecture: str
    text: str
    others: tuple[str, ...] = ()
    dropout: tuple[str, float | None] = ("classifier_dropout", None)
    variant: tuple[str, str] | None = None
    prefix: str | None = None

    def on(self, arguments: Mapping[str, Any]) -> Self:
        """The head's table for a backbone with these arguments."""
        if self.variant is None or arguments.get(self.variant[0], True):
            return self
        return replace(self, text=self.variant[1], variant=None)

    @cached_property
    def lines(self) -> list[Line]:
        """The weight table, parsed."""
        return parse(self.text)

    @property
    def every_line(self) -> list[Line]:
        """The lines of both variants."""
        return self.lines + (parse(self.variant[1]) if self.variant else [])

    def is_among(self, tensors: Collection[str]) -> bool:
        """Whether a checkpoint with tensors of these names contains the head."""
        own = [line for line in self.lines if not (line.ignored or line.tied or line.shared)]
        return any(name in tensors for line in own for name in line.spellings)


# By the name of the task's base class.
Heads = Mapping[str, HeadTable]


def head_tables(name: str, *others: str, **heads: tuple[str, str]) -> Heads:
    """The heads of a family.

    Args:
        name: str. What the names of its classes in transformers start with.
        *others: str. The same for other families with the same heads.
        **heads: by the name of the task's base class, how the names of the classes that have the
            head end ("" if there are none), and its weight table.
    """
    return {
        task: HeadTable(name + kind, text, tuple(other + kind for other in others))
        if kind
        else HeadTable("", text)
        for task, (kind, text) in heads.items()
    }


def encoder_decoder_heads(name: str, *others: str, prefix: str | None = None) -> Heads:
    """The heads of a family of encoder-decoders that classify what both stacks read.

    Args:
        name: str. What the names of its classes in transformers start with.
        *others: str. The same for other families with the same heads.
        prefix: str or None. What the backbone's tensors start with beside the one that classifies
            texts; None for the usual.
    """
    tables = head_tables(
        name,
        *others,
        TextClassifier=("ForSequenceClassification", _DENSE_CLASSIFIER),
        QuestionAnswerer=("ForQuestionAnswering", _ANSWERS),
    )
    plain = {task: replace(x, dropout=("classifier_dropout", 0.0)) for task, x in tables.items()}
    return {**plain, "TextClassifier": replace(plain["TextClassifier"], prefix=prefix)}


def decoder_heads(
    name: str,
    *others: str,
    lm_head: str = "lm_head.weight",
    causal_lm: str = "ForCausalLM",
    classifier: str = "ForSequenceClassification",
    token_classifier: str = "ForTokenClassification",
    tokens: str = "score",
    answers: str | None = None,
) -> Heads:
    """The heads of a family of decoders.

    Args:
        name: str. What the names of its classes in transformers start with.
        *others: str. The same for other families with the same heads.
        lm_head: str. The tensor of an untied language-model head.
        causal_lm: str. What the name of the class that has it ends with.
        classifier, token_classifier: str. Likewise for classifiers of texts and of tokens; "" if
            transformers has none.
        tokens: str. The tensors of a head that classifies tokens.
        answers: str or None. What the backbone's tensors start with beside a head that answers
            questions; None if transformers has none.
    """
    scores = "logits/kernel <- score.weight | transpose"
    of_tokens = f"logits/kernel <- {tokens}.weight | transpose\nlogits/bias <- {tokens}.bias"
    tables = head_tables(
        name,
        *others,
        CausalLM=(causal_lm, f"lm_head/kernel <- {lm_head} | transpose"),
        TextClassifier=(classifier, scores),
        TokenClassifier=(token_classifier, of_tokens),
        QuestionAnswerer=("" if answers is None else "ForQuestionAnswering", _ANSWERS),
    )
    answerer = replace(tables["QuestionAnswerer"], prefix=answers)
    return {**tables, "QuestionAnswerer": answerer}
