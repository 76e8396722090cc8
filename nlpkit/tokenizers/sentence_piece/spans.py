"""Character spans of the pieces of a SentencePiece model."""

from collections.abc import Sequence
from typing import Any

from nlpkit.tokenizers.base.encoding import Spans
from nlpkit.tokenizers.base.text_normalizer import TextNormalizer

_SPACE = "▁"


def spans(engine: Any, text: str, normalizer: TextNormalizer) -> Spans:
    """Tokenize a text with a `SentencePieceProcessor`; return its ids and their spans.

    The span of a piece is the text it was normalized from; that of the leading space that a model
    adds is empty.
    """
    normalized = normalizer.align(text)
    found = engine.encode(normalized.text, return_type="offset_mapping")
    ids = found["ids"]
    places = _whole_characters(found["offsets"], found["pieces"])
    starts = [_original(normalized.starts, start, len(text)) for start, _ in places]
    ends = [
        normalized.ends[end - 1] if end > start else first
        for (start, end), first in zip(places, starts, strict=True)
    ]
    return Spans(ids, starts, ends, _words(text, found["pieces"], starts, ends))


def _original(starts: Sequence[int], at: int, length: int) -> int:
    return starts[at] if at < len(starts) else length


def _whole_characters(
    places: Sequence[tuple[int, int]], pieces: Sequence[str]
) -> list[tuple[int, int]]:
    """Give all pieces of a character its span; SentencePiece gives it only to the last."""
    whole = list(places)
    for i in range(len(whole) - 2, -1, -1):
        start, end = whole[i]
        if start == end and pieces[i].strip(_SPACE):
            whole[i] = whole[i + 1]
    return whole


def _words(
    text: str, pieces: Sequence[str], starts: Sequence[int], ends: Sequence[int]
) -> list[int]:
    """The word of each piece: a word begins with whitespace, or after a piece ending with it."""
    words: list[int] = []
    word = 0
    for i, piece in enumerate(pieces):
        begins = piece.startswith(_SPACE) or text[starts[i] : ends[i]][:1].isspace()
        shares = i > 0 and starts[i] == starts[i - 1] < ends[i - 1]
        after_space = i > 0 and len(pieces[i - 1]) > 1 and pieces[i - 1].endswith(_SPACE)
        word += i > 0 and (begins or after_space) and not shares
        words.append(word)
    return words
