"""PairMerger: the merges of the plainest implementation of the algorithm."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpkit.tokenizers.training.pair_merger import PairMerger

COUNTS = st.dictionaries(st.text("ab#cé", min_size=1, max_size=9), st.integers(1, 9), max_size=12)


def plain_merges(counts, indicator):
    """Count all pairs, merge the most frequent one everywhere, and start again."""
    words = {word: [word[0], *(indicator + c for c in word[1:])] for word in counts}
    merges = []
    while True:
        pairs = Counter()
        for word, pieces in words.items():
            for pair in pairwise(pieces):
                pairs[pair] += counts[word]
        if not pairs:
            return merges
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = {word: merged(pieces, best, indicator) for word, pieces in words.items()}


def merged(pieces, pair, indicator):
    if len(pieces) < 2:
        return pieces
    if tuple(pieces[:2]) == pair:
        return [pair[0] + pair[1].removeprefix(indicator), *merged(pieces[2:], pair, indicator)]
    return [pieces[0], *merged(pieces[1:], pair, indicator)]


@pytest.mark.parametrize("indicator", ["##", "@", ""])
@settings(deadline=None, max_examples=100)
@given(counts=COUNTS)
def test_merges(indicator, counts):
    merger = PairMerger(counts, indicator)
    pieces = dict.fromkeys(merger.alphabet)
    merger.extend(pieces, size=10_000)
    assert merger.merges == plain_merges(counts, indicator)
    spelled = [first + second.removeprefix(indicator) for first, second in merger.merges]
    assert list(pieces) == list(dict.fromkeys([*merger.alphabet, *spelled]))


def test_it_stops_at_the_size():
    merger = PairMerger({"abab": 2, "abc": 1}, "##")
    pieces = dict.fromkeys(merger.alphabet)
    merger.extend(pieces, size=6)
    assert list(pieces) == ["a", "##a", "##b", "##c", "ab", "##ab"]


def test_it_goes_on_where_it_stopped():
    merger = PairMerger({"abab": 2, "abc": 1}, "")
    pieces = dict.fromkeys(merger.alphabet)
    merger.extend(pieces, size=4)
    merger.extend(pieces, size=6)
    assert list(pieces) == ["a", "b", "c", "ab", "abab", "abc"]
