"""Tags spell entities as CoNLL's evaluation reads them."""

import pytest

from nlpkit.ops.data.tag_scheme import TagScheme, tags_of

pytestmark = pytest.mark.by_turns

# Tags, and the entities they spell: first token, the one after the last, type.
GOLDEN = [
    ("", []),
    ("O O", []),
    ("B-A I-A O B-B", [(0, 2, "A"), (3, 4, "B")]),
    ("B-A B-A", [(0, 1, "A"), (1, 2, "A")]),
    ("O I-A I-A", [(1, 3, "A")]),
    ("B-A I-B I-B", [(0, 1, "A"), (1, 3, "B")]),
    ("I-A B-A I-A", [(0, 1, "A"), (1, 3, "A")]),
    ("S-A S-A", [(0, 1, "A"), (1, 2, "A")]),
    ("B-A I-A E-A O S-B", [(0, 3, "A"), (4, 5, "B")]),
    ("B-A E-A I-A", [(0, 2, "A"), (2, 3, "A")]),
    ("E-A E-A", [(0, 1, "A"), (1, 2, "A")]),
    ("B-A S-A E-A", [(0, 1, "A"), (1, 2, "A"), (2, 3, "A")]),
]
LABELS = tags_of(["A", "B"], "BIOES")


@pytest.mark.parametrize(("tags", "entities"), GOLDEN)
def test_entities_of_tags(tags, entities):
    assert TagScheme(LABELS).entities([LABELS.index(tag) for tag in tags.split()]) == entities


def test_other_names_of_the_same_kinds():
    labels = ["O", "B-A", "I-A", "L-A", "U-A"]
    assert TagScheme(labels).entities([1, 2, 3, 4, 0]) == [(0, 3, "A"), (3, 4, "A")]


def test_labels_that_are_not_tags_are_types():
    scheme = TagScheme(["O", "B-A", "place"])
    assert scheme.types == ["B-A", "place"]
    assert scheme.entities([1, 1, 2, 0, 2]) == [(0, 2, "B-A"), (2, 3, "place"), (4, 5, "place")]


@pytest.mark.parametrize("labels", [LABELS, tags_of(["A", "B"]), ["O", "I-A", "I-B"]])
def test_tags_of_entities_spell_them(labels):
    scheme, entities = TagScheme(labels), [(0, 1, "A"), (2, 5, "B"), (5, 7, "A")]
    assert scheme.entities(scheme.classes(entities, 8)) == entities


def test_tags_are_those_of_the_scheme():
    labels = tags_of(["A"], "BIOES")
    assert labels == ["O", "B-A", "I-A", "E-A", "S-A"]
    written = TagScheme(labels).classes([(0, 3, "A"), (4, 5, "A")], 5)
    assert [labels[i] for i in written] == ["B-A", "I-A", "E-A", "O", "S-A"]
