"""A bounded memo of what has been computed for short strings."""

from collections.abc import Callable

_MOST_ENTRIES = 2**17

Ids = tuple[int, ...]  # Tuples of integers cost the garbage collector nothing, lists would.


class Memo(dict[str, Ids]):
    """A dictionary that computes what it lacks, and keeps what has been asked for lately.

    Looking up is one dictionary access. Once half of `most` entries are kept it starts anew beside
    the old half, from which it takes what is asked for again, so that its memory is bounded however
    long it runs.

    Args:
        compute: string to ids; the same string must give the same ids.
        longest: int. Longer strings are computed each time, not kept.
        most: int. How many entries are kept. Default 131072.
    """

    def __init__(
        self, compute: Callable[[str], Ids], longest: int, most: int = _MOST_ENTRIES
    ) -> None:
        super().__init__()
        self._compute = compute
        self._longest = longest
        self._half = most // 2
        self._old: dict[str, Ids] = {}

    def __missing__(self, text: str) -> Ids:
        if len(text) > self._longest:
            return self._compute(text)
        ids = self._old.get(text)
        if ids is None:
            ids = self._compute(text)
        if len(self) >= self._half:
            self._old = dict(self)
            self.clear()
        self[text] = ids
        return ids
