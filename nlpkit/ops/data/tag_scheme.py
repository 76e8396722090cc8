"""TagScheme: how the tags of tokens spell entities."""

import re
from collections.abc import Sequence

import numpy as np

OUTSIDE = "O"
_TAG = re.compile(r"([BIESLU])-(.+)", re.DOTALL)
_SAME_KIND = {"L": "E", "U": "S"}
# What stands for a kind of tag in schemes that lack it.
_INSTEAD = {"B": "BI", "I": "IB", "E": "EIB", "S": "SBI"}


class TagScheme:
    """Tags as names of classes, and the entities that sequences of them spell.

    "B-PER", "I-PER", "E-PER" and "S-PER" begin, continue and end an entity of the type "PER" or are
    one alone, as in BIO and BIOES ("L" and "U" in BILOU); "O" is outside of entities. Unless all
    labels are such tags, each is a type, and adjacent tokens of a type are one entity.

    Entities are read as in CoNLL's evaluation (Tjong Kim Sang and Buchholz, 2000), which forgives
    a wrong beginning: "I-PER" after "O", or after another type, begins an entity.

    Args:
        labels: list of str. The names of the classes, in order.

    Attributes:
        types: list of str. The types of entities, in order.
        type_ids: int32 `[classes + 1]`. The number of each class's type, from 1; 0 for none.
        begins, ends: bool `[classes + 1, classes + 1]`. Whether an entity begins with a tag after
            another one, `[before, tag]`, or ends with a tag before another one, `[tag, after]`; the
            last row and column are the edge of a text.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        found = [_TAG.fullmatch(label) for label in labels]
        tagged = all(tag or label == OUTSIDE for tag, label in zip(found, labels, strict=True))
        tags = [
            (OUTSIDE, "")
            if label == OUTSIDE
            else (_SAME_KIND.get(tag[1], tag[1]), tag[2])
            if tagged and tag
            else ("I", label)
            for tag, label in zip(found, labels, strict=True)
        ]
        self._classes = {tag: i for i, tag in reversed([*enumerate(tags)])}
        self._tags = tags
        self.types = list(dict.fromkeys(type_ for _, type_ in tags if type_))
        tags = [*tags, (OUTSIDE, "")]
        numbers = {"": 0, **{type_: i for i, type_ in enumerate(self.types, 1)}}
        self.type_ids = np.array([numbers[type_] for _, type_ in tags], "int32")
        self.begins = np.array([[_begins(before, tag) for tag in tags] for before in tags])
        self.ends = np.array([[_ends(tag, after) for after in tags] for tag in tags])

    @property
    def has_outside(self) -> bool:
        """Whether there is a class for what is outside of entities."""
        return (OUTSIDE, "") in self._classes

    def entities(self, classes: Sequence[int]) -> list[tuple[int, int, str]]:
        """The entities of a sequence: first token, the one after the last, type."""
        edge = len(self._tags)
        row = np.array([edge, *classes, edge], int)
        starts = np.flatnonzero(self.begins[row[:-2], row[1:-1]])
        ends = np.flatnonzero(self.ends[row[1:-1], row[2:]]) + 1
        return [
            (start, end, self._tags[classes[start]][1])
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]

    def classes(self, entities: Sequence[tuple[int, int, str]], length: int) -> list[int]:
        """The inverse of `entities`, for a sequence of `length` tokens."""
        row = [self._classes.get((OUTSIDE, ""), 0)] * length
        for start, end, type_ in entities:
            for i in range(start, end):
                row[i] = self._class_of(i == start, i == end - 1, type_)
        return row

    def _class_of(self, is_first: bool, is_last: bool, type_: str) -> int:
        kind = "S" if is_first and is_last else "B" if is_first else "E" if is_last else "I"
        kinds = [k for k in (*_INSTEAD[kind], "S", "E") if (k, type_) in self._classes]
        return self._classes[kinds[0], type_]


def tags_of(types: Sequence[str], scheme: str = "BIO") -> list[str]:
    """The tags of a scheme, "BIO" or "BIOES", for types of entities."""
    kinds = [kind for kind in scheme if kind != OUTSIDE]
    return [OUTSIDE, *(f"{kind}-{type_}" for type_ in types for kind in kinds)]


def _begins(before: tuple[str, str], tag: tuple[str, str]) -> bool:
    return tag[0] in ("B", "S") or (
        tag[0] != OUTSIDE and (before[0] in ("E", "S", OUTSIDE) or before[1] != tag[1])
    )


def _ends(tag: tuple[str, str], after: tuple[str, str]) -> bool:
    return tag[0] in ("E", "S") or (
        tag[0] != OUTSIDE and (after[0] in ("B", "S", OUTSIDE) or after[1] != tag[1])
    )
