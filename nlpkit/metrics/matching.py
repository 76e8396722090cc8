"""What two sequences of tokens have in common, and how far they are apart."""

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np


def ngrams(tokens: Sequence[Hashable], order: int) -> Counter[tuple[Hashable, ...]]:
    """Count the n-grams of a sequence."""
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))


def edit_distance(
    first: Sequence[Hashable], second: Sequence[Hashable], substitution: int = 1
) -> int:
    """Compute the cost of turning one sequence into another (Levenshtein, 1966).

    Args:
        first, second: sequences of tokens.
        substitution: int. What replacing a token costs; insertions and deletions cost 1. With 2
            the distance is `len(first) + len(second)` less twice the length of the longest common
            subsequence.
    """
    ids: dict[Hashable, int] = {}
    columns = np.array([ids.setdefault(token, len(ids)) for token in second], "int64")
    steps = np.arange(len(second) + 1)
    costs = steps
    for token in first:
        differs = columns != ids.get(token, -1)
        # By a deletion, or by a substitution; then by insertions from the left.
        costs = np.append(
            costs[:1] + 1, np.minimum(costs[1:] + 1, costs[:-1] + substitution * differs)
        )
        costs = steps + np.minimum.accumulate(costs - steps)
    return int(costs[-1])
