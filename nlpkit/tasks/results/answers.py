"""Answers: spans of contexts, read, aligned with tokens, and found in the logits of windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from nlpkit._types import Data
from nlpkit.ops.data.columns import to_column
from nlpkit.preprocessors.examples.columns import read_columns
from nlpkit.preprocessors.examples.text_units import TextUnits
from nlpkit.preprocessors.question_answerer_preprocessor import QuestionAnswererPreprocessor
from nlpkit.preprocessors.window_preprocessor import TextWindow
from nlpkit.tasks.data.window_reader import WindowReader

_COLUMNS = ("question", "context")
_NO_ANSWER = (0, 0)


@dataclass(frozen=True)
class Answer:
    """An answer to a question: a span of its context.

    Attributes:
        text: str. Its characters; "" if the context has no answer.
        start, end: int. Where they are, `context[start:end]`; 0 if there is none.
        score: float. The probability of its start times that of its end, among the tokens of the
            whole context and, if there may be none, the lack of an answer.
    """

    text: str
    start: int
    end: int
    score: float


class AnsweredWindow(NamedTuple):
    """A window of a context, with the first and last token of the answer in it, and its weight.

    The tokens are counted from the window's first; None if the answer is not in it.
    """

    window: TextWindow
    answer: tuple[int, int] | None
    weight: float


@dataclass(frozen=True)
class AnswerReader(WindowReader):
    """What a question answerer needs of its data.

    Args:
        prepare: the preprocessor.
        labelled: bool. Whether answers are used; prediction ignores them.
    """

    prepare: QuestionAnswererPreprocessor
    labelled: bool = True

    @property
    def wanted(self) -> str:
        return "an answer, such as (start, text) or None,"

    def windows(self, x: Data, y: Data = None, sample_weight: Data = None) -> list[AnsweredWindow]:
        columns = x if isinstance(x, tuple) else tuple(map(list, zip(*x, strict=True)))
        windows = self.prepare.windows(columns)
        if y is None:
            return [AnsweredWindow(window, None, 1.0) for window in windows]
        units = {window.row: window.units for window in windows}
        spans = [_span_of(y[row], of.text, row) for row, of in units.items()]
        tokens = [_tokens_of(span, units[row], row) for row, span in enumerate(spans)]
        weights = np.ones(len(units)) if sample_weight is None else sample_weight
        rows = [(w, tokens[w.row], float(weights[w.row])) for w in windows]
        return [AnsweredWindow(w, _within(w, answer), weight) for w, answer, weight in rows]

    def batch(self, windows: Sequence[AnsweredWindow], *rest: Any) -> Any:
        found = [answered.window for answered in windows]
        features = self.prepare.features(found)
        if not self.labelled:
            return features
        labels = np.zeros((len(found), 2), "int32")
        for row, window in enumerate(found):
            nowhere, first = self.prepare.places(window)
            answer = windows[row].answer
            labels[row] = nowhere if answer is None else (first + answer[0], first + answer[1])
        return features, labels, np.array([answered.weight for answered in windows], "float32")

    def _examples_of(self, batch: Data) -> Any:
        # (questions, contexts) without answers are read as columns.
        is_labelled = isinstance(batch, tuple) and isinstance(batch[0], tuple | dict | list)
        is_rows = is_labelled and not isinstance(batch[0][0] if batch[0] else "", str)
        return batch[0] if is_labelled and (is_rows or not isinstance(batch[0], list)) else batch

    def _columns(self, x: Data, y: Data, sample_weight: Data) -> tuple[Any, Any, Any]:
        x = read_columns(x)
        if isinstance(x, dict):
            x = dict(x)
            y = x.pop("answers", None) if y is None else y
            if {*x} != {*_COLUMNS}:
                raise ValueError(
                    f"x must have the columns 'question' and 'context', and may have 'answers'; "
                    f"got {[*x]}."
                )
            x = tuple(x[name] for name in _COLUMNS)
        self.prepare.check(x)
        return x, to_column(y), to_column(sample_weight)


def _span_of(answer: Any, context: str, row: int) -> tuple[int, int]:
    """The characters of an answer, without white space around it; (0, 0) for no answer."""
    start, text = _start_and_text(to_column(answer), context, row)
    if not text.strip():
        return _NO_ANSWER
    if not 0 <= start <= len(context) or context[start : start + len(text)] != text:
        raise ValueError(
            f"An answer must stand where it says; got {text!r} at {start} of the context of row "
            f"{row}, where {context[max(start, 0) : max(start, 0) + len(text)]!r} is."
        )
    blank = len(text) - len(text.lstrip())
    return start + blank, start + len(text.rstrip())


def _start_and_text(answer: Any, context: str, row: int) -> tuple[int, str]:
    if answer is None:
        return 0, ""
    if isinstance(answer, Answer):
        return answer.start, answer.text
    if isinstance(answer, str):
        if answer and context.count(answer) != 1:
            raise ValueError(
                f"An answer without its start must occur once; got {answer!r}, which occurs "
                f"{context.count(answer)} times in the context of row {row}. Pass (start, text)."
            )
        return context.find(answer), answer
    if isinstance(answer, Mapping):  # As in SQuAD, where several people answered, or nobody did.
        starts, texts = (np.ravel(answer[name]).tolist() for name in ("answer_start", "text"))
        answer = (starts[0], texts[0]) if texts else (0, "")
    start, text = answer
    return int(start), str(text)


def _tokens_of(span: tuple[int, int], units: TextUnits, row: int) -> tuple[int, int] | None:
    """The first and the last token of an answer; it begins and ends where tokens do."""
    if span == _NO_ANSWER:
        return None
    first, last = units.between(*span)
    if first == last:
        text = units.text[slice(*span)]
        raise ValueError(f"An answer must have tokens; got {text!r}, which has none, in row {row}.")
    return units.tokens[first], units.last_tokens[last - 1]


def _within(window: TextWindow, tokens: tuple[int, int] | None) -> tuple[int, int] | None:
    start, end, *_ = window.bounds
    if tokens is None or tokens[0] < start or tokens[1] >= end:
        return None
    return tokens[0] - start, tokens[1] - start


class Candidate(NamedTuple):
    """The best answer in a window: the sum of its logits, and its units."""

    logit: float
    first: int
    last: int


def best_in(window: TextWindow, logits: np.ndarray, longest: int) -> Candidate:
    """The best answer of at most `longest` tokens.

    Args:
        window: `TextWindow`.
        logits: float `[2, tokens of the window]`, those of starts and of ends.
        longest: int.
    """
    units, bounds = window.units, window.bounds
    last_tokens = units.last_tokens
    inside = [u for u, t in enumerate(units.tokens) if bounds.start <= t < bounds.end]
    if not inside:
        return Candidate(-np.inf, 0, 0)
    firsts = np.array([units.tokens[u] for u in inside]) - bounds.start
    lasts = np.array([last_tokens[u] for u in inside]) - bounds.start
    sums = logits[0, firsts][:, None] + logits[1, lasts][None, :]
    sizes = lasts[None, :] - firsts[:, None] + 1
    sums = np.where((sizes >= 1) & (sizes <= max(longest, sizes.diagonal().min())), sums, -np.inf)
    first, last = np.unravel_index(int(sums.argmax()), sums.shape)
    return Candidate(float(sums[first, last]), inside[int(first)], inside[int(last)])


class ReadWindow(NamedTuple):
    """A window of a context and its logits, of starts and of ends.

    Attributes:
        window: `TextWindow`.
        logits: float `[2, tokens of the window]`.
        nowhere: float `[2]`, those of there being no answer in it.
    """

    window: TextWindow
    logits: np.ndarray
    nowhere: np.ndarray


def answer_of(windows: Sequence[ReadWindow], longest: int, no_answer: bool) -> Answer:
    """The answer that the windows of a context give together.

    Args:
        windows: list of `ReadWindow`, of one context.
        longest: int. The maximum number of tokens of an answer.
        no_answer: bool. Whether there may be none, which all windows must say.
    """
    best = max(best_in(read.window, read.logits, longest) for read in windows)
    none = min((read.nowhere for read in windows), key=lambda logits: float(logits.sum()))
    rivals = [read.logits[:, _owned(read.window)] for read in windows]
    rivals += [none[:, None]] if no_answer else []
    total = float(np.logaddexp.reduce(np.concatenate(rivals, axis=1), axis=1).sum())
    if no_answer and float(none.sum()) > best.logit:
        return Answer("", 0, 0, float(np.exp(none.sum() - total)))
    units = windows[0].window.units
    start, end = units.starts[best.first], units.ends[best.last]
    return Answer(units.text[start:end], start, end, min(1.0, float(np.exp(best.logit - total))))


def _owned(window: TextWindow) -> slice:
    start, _, first, last = window.bounds
    return slice(first - start, last - start)
