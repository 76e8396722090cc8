"""Calls of native pipelines of the library `tokenizers`."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tokenizers import Tokenizer as NativeTokenizer

from nlpkit.tokenizers.base.encoding import Spans

Ids = tuple[int, ...]  # Tuples of integers are not tracked by the garbage collector, unlike lists.

_BLOCK = 64


def spans(engine: Any, text: str) -> Spans:
    """Tokenize a text with a `tokenizers.Tokenizer`; return its ids and their spans."""
    with without_panics():
        encoding = engine.encode(text, add_special_tokens=False)
    starts, ends = zip(*encoding.offsets, strict=True) if encoding.offsets else ((), ())
    return Spans(encoding.ids, starts, ends, encoding.word_ids)


def native_text(engine: NativeTokenizer, ids: Sequence[int]) -> str:
    """Detokenize ids with a `tokenizers.Tokenizer`."""
    with without_panics():
        return str(engine.decode(ids, skip_special_tokens=False))


@contextmanager
def without_panics() -> Iterator[None]:
    """Convert a panic of the native engine, which is not an `Exception`, to a ValueError."""
    try:
        yield
    except BaseException as error:
        # The module of this class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(
            f"The library tokenizers failed: {error!s:.200}. A regular expression of the "
            "tokenizer may take too long on this text."
        ) from None


def native_ids(engine: NativeTokenizer, texts: Sequence[str]) -> Iterator[Ids]:
    """Tokenize texts with a `tokenizers.Tokenizer`; return the ids of each."""
    with without_panics():
        encodings = engine.encode_batch_fast(texts, add_special_tokens=False)
    return (tuple(encoding.ids) for encoding in encodings)


def chunk_ids(
    engine: NativeTokenizer, chunks: Sequence[str], separator: str | None
) -> Iterable[Ids]:
    """Tokenize many chunks at once, since the native engine has an overhead per text.

    Chunks are joined to few texts, and the ids are split after the separator's last id. If a text
    has that id elsewhere, its chunks are tokenized one by one.

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
