"""SquadMetric compares words as SQuAD's evaluation does."""

import pytest

from nlpkit.metrics import SquadMetric
from nlpkit.tasks.results.answers import Answer

pytestmark = pytest.mark.by_turns
# Answer, references, exact match, F1.
GOLDEN = [
    ("Rome", "Rome", 1, 1),
    ("the  Rome.", ["rome"], 1, 1),
    ("an Eiffel-Tower", "the eiffeltower", 1, 1),
    ("in Rome", ["Rome", "in the city of Rome"], 0, 2 / 3),
    ("Rome Rome", "Rome", 0, 2 / 3),
    ("Paris", {"text": ["Rome"], "answer_start": [3]}, 0, 0),
    ("", [], 1, 1),
    ("", None, 1, 1),
    ("", {"text": [], "answer_start": []}, 1, 1),
    ("Rome", [], 0, 0),
    ("", "Rome", 0, 0),
    ("the", ["the"], 1, 1),
    ("theatre", "a theatre", 1, 1),
]


@pytest.mark.parametrize(("answer", "reference", "match", "f1"), GOLDEN)
def test_one_answer(answer, reference, match, f1):
    metric = SquadMetric()
    metric.update([Answer(answer, 0, len(answer), 0.5)], [reference])
    assert metric.result() == {"exact_match": match, "f1": pytest.approx(f1)}


def test_means_of_all_answers():
    metric = SquadMetric()
    assert metric.result() == {"exact_match": 0, "f1": 0}
    for answer, reference, *_ in GOLDEN:
        metric.update([answer], [reference])
    expected = [sum(row[i] for row in GOLDEN) / len(GOLDEN) for i in (2, 3)]
    assert [*metric.result().values()] == pytest.approx(expected)
    metric.reset()
    with pytest.raises(ValueError, match="got 1 and 2"):
        metric.update(["Rome"], ["Rome", "Paris"])
    assert metric.result()["f1"] == 0
