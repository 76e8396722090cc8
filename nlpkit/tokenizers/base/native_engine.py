"""What all tokenizers on a native pipeline share."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from nlpkit.tokenizers.base.encoding import Spans

Ids = tuple[int, ...]  # Tuples of integers cost the garbage collector nothing, lists would.

_BLOCK = 64


def spans(engine: Any, text: str) -> Spans:
    """The ids that a `tokenizers.Tokenizer` gives a text, and where they stand in it."""
    with without_panics():
        encoding = engine.encode(text, add_special_tokens=False)
    starts, ends = zip(*encoding.offsets, strict=True) if encoding.offsets else ((), ())
    return Spans(encoding.ids, starts, ends, encoding.word_ids)


def native_text(engine: Any, ids: Sequence[int]) -> str:
    """The text that a `tokenizers.Tokenizer` makes of ids."""
    with without_panics():
        return str(engine.decode(ids, skip_special_tokens=False))


@contextmanager
def without_panics() -> Iterator[None]:
    """Turn a panic of the native engine, which no `except Exception` catches, into a ValueError."""
    try:
        yield
    except BaseException as error:
        # The module of this class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(
            f"The library tokenizers gave up: {error!s:.200}. A regular expression of the "
            "tokenizer may take too long on this text."
        ) from None


def native_ids(engine: Any, texts: Sequence[str]) -> Iterator[Ids]:
    """The ids that a `tokenizers.Tokenizer` gives each text."""
    with without_panics():
        encodings = engine.encode_batch_fast(texts, add_special_tokens=False)
    return (tuple(encoding.ids) for encoding in encodings)


def chunk_ids(engine: Any, chunks: Sequence[str], separator: str | None) -> Iterable[Ids]:
    """The ids of each chunk, many at once: the native engine is slow to start on a text.

    Chunks go to the engine as few texts, and the ids are cut where the separator's last one is. If
    a text has that id elsewhere, its chunks go to the engine one by one.

    Args:
        engine: `tokenizers.Tokenizer`.
        chunks: list of str. Those that start with a space may follow others in a text, and
            their ids stay the same.
        separator: str or None. Such a chunk, best a rare one; None: there are none.
    """
    mark = () if separator is None else next(native_ids(engine, [separator]))
    if separator is None or not mark:
        return native_ids(engine, chunks)
    found: dict[str, Ids] = {}
    following = [chunk for chunk in chunks if chunk[:1] == " "]
    blocks = [following[i : i + _BLOCK] for i in range(0, len(following), _BLOCK)]
    rows = native_ids(engine, list(map(separator.join, blocks)))
    for block, row in zip(blocks, rows, strict=True):
        found.update(zip(block, _parts(row, mark, len(block)), strict=False))
    others = [chunk for chunk in chunks if chunk not in found]
    found.update(zip(others, native_ids(engine, others), strict=True))
    return map(found.__getitem__, chunks)


def _parts(ids: Ids, mark: Ids, count: int) -> list[Ids]:
    """The ids between marks; none if it is not clear which they are."""
    *before, last = mark
    if ids.count(last) != count - 1:
        return []
    parts: list[Ids] = []
    start = 0
    for _ in range(count - 1):
        end = ids.index(last, start)
        parts.append(ids[start : end - len(before)])
        start = end + 1
    return [*parts, ids[start:]]
