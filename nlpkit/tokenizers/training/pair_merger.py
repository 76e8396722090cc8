"""Training of byte-pair encodings by repeated merges of the most frequent pair."""

import heapq
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

from nlpkit._progress import ProgressBar

Pair = tuple[str, str]
_BITS = 32
_MASK = (1 << _BITS) - 1
_EDGE = 0  # The symbol between words.
_GONE = -1  # The symbol of a position that was merged into the previous one.


class PairMerger:
    """Learns pieces from counted words (Sennrich et al., 2016).

    The words are in one array of positions, with an edge between each two, as a linked list: a
    merge visits the positions of its pair and changes only their neighbors. A pair of symbols a, b
    is the integer a << 32 | b.

    Args:
        counts: words and how often each occurs.
        suffix_indicator: str. The prefix of pieces that continue a word.

    Attributes:
        alphabet: the pieces of one character, sorted, those that start words first.
        merges: the pairs merged so far.
    """

    def __init__(self, counts: Mapping[str, int], suffix_indicator: str) -> None:
        self._indicator = suffix_indicator
        heads = {word[0] for word in counts}
        tails = {suffix_indicator + character for word in counts for character in word[1:]}
        self.alphabet = [*sorted(heads), *sorted(tails - heads)]
        self.merges: list[Pair] = []
        self._pieces = ["", *self.alphabet]  # By symbol.
        self._symbol_of = {piece: symbol for symbol, piece in enumerate(self._pieces)}
        self._lay_out(counts)
        self._count_pairs()

    def extend(self, pieces: dict[str, None], size: int) -> None:
        """Add the most frequent merges to `pieces` until there are `size`, or no pairs left."""
        bar, pairs = ProgressBar(size, "piece"), self._most_frequent_pairs()
        while len(pieces) < size and (pair := next(pairs, None)):
            first, second = self._pieces[pair >> _BITS], self._pieces[pair & _MASK]
            merged = first + second.removeprefix(self._indicator)
            pieces.setdefault(merged)
            self.merges.append((first, second))
            self._merge(pair, self._symbol(merged))
            bar.update(len(pieces))
        bar.finish(len(pieces))

    def _lay_out(self, counts: Mapping[str, int]) -> None:
        head_of = self._symbol_of
        tail_of = {c: head_of.get(self._indicator + c, _EDGE) for c in set().union(*counts)}
        symbols = array("i")
        for word in counts:
            symbols.append(_EDGE)
            symbols.append(head_of[word[0]])
            symbols.extend(map(tail_of.__getitem__, word[1:]))
        symbols.append(_EDGE)
        lengths = np.fromiter(map(len, counts), np.int64, len(counts))
        weights = np.fromiter(counts.values(), np.int64, len(counts))
        self._symbols = symbols
        self._weights = array("q", np.repeat(weights, lengths + 1).tobytes())
        self._before = array("q", range(-1, len(symbols) - 1))
        self._after = array("q", range(1, len(symbols) + 1))

    def _count_pairs(self) -> None:
        symbols = np.asarray(self._symbols, np.int64)
        places = np.flatnonzero((symbols[:-1] != _EDGE) & (symbols[1:] != _EDGE))
        keys = symbols[places] << _BITS | symbols[places + 1]
        order = np.argsort(keys, kind="stable")
        pairs, starts = np.unique(keys[order], return_index=True)
        weights = np.asarray(self._weights, np.int64)[places[order]]
        sums = np.add.reduceat(weights, starts).tolist() if len(pairs) else []
        groups = np.split(places[order], starts[1:])
        self._counts: dict[int, int] = dict(zip(pairs.tolist(), sums, strict=True))
        self._places: defaultdict[int, list[int]] = defaultdict(list)
        self._places.update((p, g.tolist()) for p, g in zip(pairs.tolist(), groups, strict=False))
        self._heap = [self._candidate(pair, count) for pair, count in self._counts.items()]
        heapq.heapify(self._heap)

    def _candidate(self, pair: int, count: int) -> tuple[int, str, str, int]:
        """The heap entry of a pair: ordered by decreasing frequency, then by the pair itself."""
        return -count, self._pieces[pair >> _BITS], self._pieces[pair & _MASK], pair

    def _symbol(self, piece: str) -> int:
        symbol = self._symbol_of.setdefault(piece, len(self._pieces))
        if symbol == len(self._pieces):
            self._pieces.append(piece)
        return symbol

    def _most_frequent_pairs(self) -> Iterator[int]:
        """Pop pairs; a pair whose count has decreased since it was pushed is pushed again."""
        while self._heap:
            negative_count, first, second, pair = heapq.heappop(self._heap)
            count = self._counts.get(pair, 0)
            if count == -negative_count:
                yield pair
            elif count:
                heapq.heappush(self._heap, (-count, first, second, pair))

    def _merge(self, pair: int, merged: int) -> None:
        first, second = pair >> _BITS, pair & _MASK
        lost: dict[int, int] = {}
        gained: dict[int, int] = {}
        places, symbols, after, before = self._places, self._symbols, self._after, self._before
        found = places.pop(pair)
        # Positions overlap only in a run of one symbol; the leftmost pair merges first.
        for i in sorted(found) if first == second else found:
            j = after[i]
            if symbols[i] != first or symbols[j] != second:  # Another merge took one of the two.
                continue
            weight, left, right = self._weights[i], before[i], after[j]
            symbols[i], symbols[j] = merged, _GONE
            after[i], before[right] = right, i
            if symbol := symbols[left]:
                old, new = symbol << _BITS | first, symbol << _BITS | merged
                lost[old] = lost.get(old, 0) + weight
                gained[new] = gained.get(new, 0) + weight
                places[new].append(left)
            if symbol := symbols[right]:
                old, new = second << _BITS | symbol, merged << _BITS | symbol
                lost[old] = lost.get(old, 0) + weight
                gained[new] = gained.get(new, 0) + weight
                places[new].append(i)
        self._update_counts(pair, lost, gained)

    def _update_counts(self, pair: int, lost: dict[int, int], gained: dict[int, int]) -> None:
        counts = self._counts
        for key, weight in gained.items():
            counts[key] = counts.get(key, 0) + weight
        for key, weight in lost.items():
            counts[key] -= weight
        for key in gained:
            if count := counts[key]:
                heapq.heappush(self._heap, self._candidate(key, count))
        del counts[pair]
