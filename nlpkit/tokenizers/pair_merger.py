"""Merging the most frequent pair of neighbouring pieces, again and again."""

import heapq
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

import keras

Pair = tuple[str, str]
_SECONDS_BEFORE_BAR = 2.0


class PairMerger:
    """Learns pieces from counted words (Sennrich et al., 2016).

    Args:
        counts: words and how often each occurs.
        suffix_indicator: str. What the pieces that continue a word start with.

    Attributes:
        alphabet: the pieces of one character, sorted, those that start words first.
    """

    def __init__(self, counts: Mapping[str, int], suffix_indicator: str) -> None:
        self._indicator = suffix_indicator
        self._words = [[word[0], *(suffix_indicator + c for c in word[1:])] for word in counts]
        self._counts = list(counts.values())
        heads = {word[0] for word in self._words}
        tails = {piece for word in self._words for piece in word[1:]}
        self.alphabet = [*sorted(heads), *sorted(tails - heads)]
        self._pair_counts: Counter[Pair] = Counter()
        self._places: defaultdict[Pair, set[int]] = defaultdict(set)
        for i, word in enumerate(self._words):
            self._add_pairs(i, word)
        self._heap = [(-count, pair) for pair, count in self._pair_counts.items()]
        heapq.heapify(self._heap)

    def extend(self, pieces: dict[str, None], size: int) -> None:
        """Add the most frequent merges to `pieces` until there are `size`, or no pairs left."""
        for pair in _with_progress(self._most_frequent_pairs(), pieces, size):
            merged = pair[0] + pair[1].removeprefix(self._indicator)
            pieces.setdefault(merged)
            self._merge(pair, merged)

    def _most_frequent_pairs(self) -> Iterator[Pair]:
        while self._heap:
            negative_count, pair = heapq.heappop(self._heap)
            count = self._pair_counts.get(pair, 0)
            if count == -negative_count:
                yield pair
            elif count:
                heapq.heappush(self._heap, (-count, pair))

    def _merge(self, pair: Pair, merged: str) -> None:
        grown: set[Pair] = set()
        for i in self._places.pop(pair):
            word = self._words[i]
            shorter = _merged_word(word, pair, merged)
            if len(shorter) == len(word):  # Another merge took the pair from this word.
                continue
            for old in pairwise(word):
                self._pair_counts[old] -= self._counts[i]
            self._words[i] = shorter
            self._add_pairs(i, shorter)
            grown.update(new for new in pairwise(shorter) if merged in new)
        del self._pair_counts[pair]
        for new in grown:
            heapq.heappush(self._heap, (-self._pair_counts[new], new))

    def _add_pairs(self, i: int, word: list[str]) -> None:
        for pair in pairwise(word):
            self._pair_counts[pair] += self._counts[i]
            self._places[pair].add(i)


def _merged_word(word: list[str], pair: Pair, merged: str) -> list[str]:
    first, second = pair
    pieces: list[str] = []
    i = 0
    while i < len(word):
        both = word[i] == first and i + 1 < len(word) and word[i + 1] == second
        pieces.append(merged if both else word[i])
        i += 2 if both else 1
    return pieces


def _with_progress(pairs: Iterator[Pair], pieces: dict[str, None], size: int) -> Iterator[Pair]:
    """Pass pairs on; show a bar of the pieces there are once it has taken a while."""
    start, bar = time.monotonic(), None
    while len(pieces) < size and (pair := next(pairs, None)):
        yield pair
        if bar is None and time.monotonic() - start > _SECONDS_BEFORE_BAR:
            bar = keras.utils.Progbar(size, unit_name="piece")
        if bar is not None:
            bar.update(len(pieces), finalize=False)
    if bar is not None:
        bar.update(len(pieces), finalize=True)
