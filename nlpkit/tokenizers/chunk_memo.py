"""A bounded memo in front of a native tokenizer."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

Ids = tuple[int, ...]  # Tuples of integers cost the garbage collector nothing, lists would.

_MOST_CHUNKS = 2**17
_LONGEST_CHUNK = 64
_TEXTS_AT_ONCE = 256


class ChunkMemo:
    """Ids of texts by way of their chunks, most of which have been seen before.

    Text repeats itself, and looking a chunk up is quicker than tokenizing it. The chunks of some
    texts that are not known go to the native engine together. Its ids are the
    memo's: the two differ nowhere as long as the ids of a text are those of its chunks.

    Memory is bounded: chunks longer than 64 characters are not kept, and once half of `most` are,
    the memo starts anew beside the old half, from which it takes what is asked for again.
    Dictionaries are only ever added to or exchanged, so that threads may share a memo.

    Args:
        engine: `tokenizers.Tokenizer`.
        split: text to chunks.
        spell: what a chunk stands for in a text; by default itself.
        most: int. How many chunks are kept. Default 131072.
    """

    def __init__(
        self,
        engine: Any,
        split: Callable[[str], list[str]],
        spell: Callable[[str], str] = str,
        most: int = _MOST_CHUNKS,
    ) -> None:
        self._engine = engine
        self._split = split
        self._spell = spell
        self._half = most // 2
        self._known: dict[str, Ids] = {}
        self._old: dict[str, Ids] = {}

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text."""
        rows: list[list[int]] = []
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            chunked = [self._split(text) for text in texts[start : start + _TEXTS_AT_ONCE]]
            try:
                rows += _look_up(self._known, chunked)
            except KeyError:
                rows += _look_up(self._complete(set(chain.from_iterable(chunked))), chunked)
        return rows

    def _complete(self, chunks: set[str]) -> Mapping[str, Ids]:
        """The ids of all these chunks."""
        known, old = self._known, self._old
        table = {chunk: known[chunk] for chunk in chunks & known.keys()}
        fresh = {chunk: old[chunk] for chunk in (chunks - table.keys()) & old.keys()}
        unseen = list(chunks - table.keys() - fresh.keys())
        ids = native_ids(self._engine, list(map(self._spell, unseen)))
        fresh |= zip(unseen, ids, strict=True)
        self._keep({c: ids for c, ids in fresh.items() if len(c) <= _LONGEST_CHUNK})
        return table | fresh

    def _keep(self, chunks: Mapping[str, Ids]) -> None:
        if len(self._known) + len(chunks) > self._half:
            self._old, self._known = self._known, {}
        self._known.update(chunks)


def native_ids(engine: Any, texts: Sequence[str]) -> Iterator[Ids]:
    """The ids that a `tokenizers.Tokenizer` gives each text."""
    encodings = engine.encode_batch_fast(texts, add_special_tokens=False)
    return (tuple(encoding.ids) for encoding in encodings)


def _look_up(known: Mapping[str, Ids], chunked: Sequence[Sequence[str]]) -> list[list[int]]:
    get = known.__getitem__
    return [list(chain.from_iterable(map(get, chunks))) for chunks in chunked]


# The native engine's threads do not live on in a forked process. It finds that out by itself, but
# warns of it at length unless it is told.
if hasattr(os, "register_at_fork"):  # Windows does not fork.
    os.register_at_fork(
        after_in_child=lambda: os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    )
