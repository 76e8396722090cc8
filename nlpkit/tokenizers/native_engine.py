"""What all tokenizers on a native pipeline share."""

from typing import Any

from nlpkit.tokenizers.encoding import Spans


def spans(engine: Any, text: str) -> Spans:
    """The ids that a `tokenizers.Tokenizer` gives a text, and where they stand in it."""
    encoding = engine.encode(text, add_special_tokens=False)
    starts, ends = zip(*encoding.offsets, strict=True) if encoding.offsets else ((), ())
    return Spans(encoding.ids, starts, ends, encoding.word_ids)
