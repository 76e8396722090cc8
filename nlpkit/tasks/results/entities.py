"""Entities: labelled spans of texts, read, and aligned with the units of a text."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlpkit.ops.data.tag_scheme import OUTSIDE, TagScheme
from nlpkit.preprocessors.examples.text_units import TextUnits

IGNORED = -100


@dataclass(frozen=True)
class Entity:
    """A labelled span of a text.

    Attributes:
        label: str. The type, such as "PER".
        start, end: int. Its characters, `text[start:end]`.
        score: float. The mean probability of the labels of its words, or tokens.
        text: str. These characters.
    """

    label: str
    start: int
    end: int
    score: float
    text: str


@dataclass(frozen=True)
class EntityReader:
    """Converts entities, or labels of words, to the classes of units.

    Args:
        labels: the names of the classes.
    """

    labels: tuple[str, ...]

    @property
    def scheme(self) -> TagScheme:
        """How the labels spell entities."""
        return TagScheme(self.labels)

    def classes_of_spans(self, spans: Any, units: TextUnits, row: int) -> list[int]:
        """The class of each unit of a text.

        Args:
            spans: list of `(start, end, label)`, of dicts with these keys, or of `Entity`; or a
                dict with a list for each key.
            units: of the text.
            row: int. The number of the text, for errors.

        Raises:
            ValueError: a span is outside of the text, has an unknown label, overlaps another one,
                or does not align with the units.
        """
        scheme = self.scheme
        if not scheme.has_outside:
            raise ValueError(
                f"Spans need a label {OUTSIDE!r} for what is in none; got {list(self.labels)}."
            )
        if isinstance(spans, Mapping):
            spans = zip(*(spans.get(key, ()) for key in ("start", "end", "label")), strict=True)
        read = sorted(_checked(span, units.text, scheme, row) for span in spans)
        for (start, end, label), (after, *_) in itertools.pairwise(read):
            if after < end:
                raise ValueError(
                    f"Spans must not overlap; got {(start, end, label)} and one from {after} in "
                    f"row {row}."
                )
        return scheme.classes([_aligned(span, units, row) for span in read], len(units))

    def classes_of_words(self, labels: Any, units: TextUnits, row: int) -> list[int]:
        """The class of each word.

        Args:
            labels: list of str or int. The label of each word, by name or number; -100 is ignored.
            units: of the words.
            row: int. Their number, for errors.

        Raises:
            ValueError: there is another number of labels than of words, one is unknown, or it is of
                a word that has no tokens.
        """
        labels = list(labels)
        if len(labels) != len(units):
            raise ValueError(
                f"y must have a label for each word; got {len(labels)} labels for {len(units)} "
                f"words in row {row}."
            )
        classes = [self._class_of(label, row) for label in labels]
        for i, found in enumerate(classes):
            if units.tokens[i] < 0 and found != IGNORED and self.labels[found] != OUTSIDE:
                word = units.text[units.starts[i] : units.ends[i]]
                raise ValueError(
                    f"A labelled word must have tokens; {word!r}, word {i} of row {row}, has none. "
                    f"Label it {OUTSIDE!r}, or {IGNORED} to ignore it."
                )
        return classes

    def _class_of(self, label: Any, row: int) -> int:
        if label in self.labels:
            return self.labels.index(label)
        is_number = not isinstance(label, str | bytes | bool) and int(label) == label
        if is_number and (label == IGNORED or 0 <= label < len(self.labels)):
            return int(label)
        raise ValueError(
            f"y must contain labels, {', '.join(self.labels)}, or their numbers; got {label!r} in "
            f"row {row}."
        )


def _checked(span: Any, text: str, scheme: TagScheme, row: int) -> tuple[int, int, str]:
    """A span without white space around it."""
    if isinstance(span, Entity):
        span = span.start, span.end, span.label
    elif isinstance(span, Mapping):
        span = span.get("start"), span.get("end"), span.get("label")
    if not isinstance(span, Iterable) or isinstance(span, str) or len(read := [*span]) != 3:
        raise ValueError(
            f"y must have a list of (start, end, label) for each text; got {span!r} in row {row}. "
            "Labels of words need words=True, and lists of words as x."
        )
    start, end, label = read
    if start is None or end is None or not 0 <= start < end <= len(text):
        raise ValueError(
            f"A span must lie within its text of {len(text)} characters; got {tuple(read)} in row "
            f"{row}."
        )
    if label not in scheme.types:
        raise ValueError(
            f"The label of a span must be one of {', '.join(scheme.types)}; got {label!r} in row "
            f"{row}."
        )
    part = text[start:end]
    if not part.strip():
        raise ValueError(f"A span must have text; got white space, {tuple(read)} in row {row}.")
    blank = len(part) - len(part.lstrip())
    return int(start) + blank, int(start) + len(part.rstrip()), str(label)


def _aligned(span: tuple[int, int, str], units: TextUnits, row: int) -> tuple[int, int, str]:
    """The units of a span."""
    start, end, label = span
    first, last = units.between(start, end)
    found = f"the span {span} of row {row}, {units.text[start:end]!r},"
    if first == last:
        raise ValueError(f"A span must have tokens; {found} has none.")
    for i, edge in ((first, start), (last - 1, end)):
        if units.starts[i] < edge < units.ends[i]:
            word = units.text[units.starts[i] : units.ends[i]]
            raise ValueError(
                f"A span must not split what is classified; {found} splits {word!r}. With "
                'subwords="all" (from_preset takes it too), tokens are classified, not words.'
            )
    return first, last, label


def entities_of(
    units: TextUnits, classes: Sequence[int], scores: Sequence[float], scheme: TagScheme
) -> list[Entity]:
    """The entities that the classes of a text's units spell."""
    found = []
    for first, last, label in scheme.entities(classes):
        start, end = units.starts[first], units.ends[last - 1]
        score = sum(scores[first:last]) / (last - first)
        found.append(Entity(label, start, end, score, units.text[start:end]))
    return found
