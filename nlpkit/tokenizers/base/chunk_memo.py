"""A bounded cache of chunk ids in front of a native tokenizer."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, filterfalse

from tokenizers import Tokenizer as NativeTokenizer

from nlpkit.tokenizers.base.native_engine import Ids, chunk_ids

_MOST_BYTES = 64 << 20
# The size of a dictionary entry, and of an id, which is a separate object in most cases.
_PLACE, _ID = 104, 32
_LONGEST_CHUNK = 64
_TEXTS_AT_ONCE = 256


class ChunkMemo:
    """Cached ids of the chunks of texts.

    Text is repetitive, and looking a chunk up is faster than tokenizing it. Unknown chunks of a
    batch go to the native engine together. The result is the same as without the cache, provided
    that the ids of a text are those of its chunks.

    Memory is bounded: chunks longer than 64 characters are not cached, and once the cache takes
    half of `most_bytes`, a new one is started next to the old half, from which entries are copied
    when they are used again. Dictionaries are only added to or replaced, so threads may share a
    cache.

    Args:
        engine: `tokenizers.Tokenizer`.
        split: function that splits a text into chunks.
        spell: function that returns the text of a chunk; by default the chunk itself.
        separator: str or None. As `chunk_ids` takes it. Default None.
        given: dict of chunk to its ids. The initial contents; empty by default.
        most_bytes: int. The maximum memory of the cached chunks and their ids. Default 64 MiB; the
            71,000 chunks of 4 MB of film reviews take 19.
    """

    def __init__(
        self,
        engine: NativeTokenizer,
        split: Callable[[str], list[str]],
        spell: Callable[[str], str] = str,
        separator: str | None = None,
        given: Mapping[str, Ids] | None = None,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self._engine = engine
        self._split = split
        self._spell = spell
        self._separator = separator
        self._half = most_bytes // 2
        self._bytes = 0
        self._known: dict[str, Ids] = {}
        self._old = given or {}

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text."""
        rows: list[list[int]] = []
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            rows += self._look_up(texts[start : start + _TEXTS_AT_ONCE])
        return rows

    def _look_up(self, texts: Sequence[str]) -> list[list[int]]:
        known = self._known
        rows: list[list[int]] = []
        for chunks in map(self._split, texts):
            try:
                rows.append(_row(known, chunks))
            except KeyError:
                return rows + self._look_up_some_unseen(known, texts[len(rows) :])
        return rows

    def _look_up_some_unseen(
        self, known: Mapping[str, Ids], texts: Sequence[str]
    ) -> list[list[int]]:
        chunked = list(map(self._split, texts))
        fresh = self._learn(set(filterfalse(known.__contains__, chain.from_iterable(chunked))))
        return [_row_of_either(known, fresh, chunks) for chunks in chunked]

    def _learn(self, chunks: set[str]) -> Mapping[str, Ids]:
        """Compute and cache the ids of these chunks."""
        old = self._old
        fresh = {chunk: old[chunk] for chunk in filter(old.__contains__, chunks)}
        unseen = list(filterfalse(fresh.__contains__, chunks))
        ids = chunk_ids(self._engine, list(map(self._spell, unseen)), self._separator)
        fresh |= zip(unseen, ids, strict=True)
        self._keep({c: ids for c, ids in fresh.items() if len(c) <= _LONGEST_CHUNK})
        return fresh

    def _keep(self, chunks: Mapping[str, Ids]) -> None:
        size = sum(map(_bytes, chunks.items()))
        if self._bytes + size > self._half:
            self._old, self._known, self._bytes = self._known, {}, 0
        if size <= self._half:
            self._known.update(chunks)
            self._bytes += size


def _bytes(entry: tuple[str, Ids]) -> int:
    """The memory that an entry takes."""
    chunk, ids = entry
    return sys.getsizeof(chunk) + sys.getsizeof(ids) + _ID * len(ids) + _PLACE


def _row(known: Mapping[str, Ids], chunks: Iterable[str]) -> list[int]:
    return list(chain.from_iterable(map(known.__getitem__, chunks)))


def _row_of_either(
    known: Mapping[str, Ids], fresh: Mapping[str, Ids], chunks: Sequence[str]
) -> list[int]:
    """The ids of chunks of which some are fresh, and of these most known as well by now."""
    try:
        return _row(known, chunks)
    except KeyError:
        found = zip(chunks, map(known.get, chunks), strict=True)
        return list(chain.from_iterable(fresh[c] if ids is None else ids for c, ids in found))


# The native engine's threads do not live on in a forked process. It finds that out by itself, but
# warns of it at length unless it is told.
if hasattr(os, "register_at_fork"):  # Windows does not fork.
    os.register_at_fork(
        after_in_child=lambda: os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    )
