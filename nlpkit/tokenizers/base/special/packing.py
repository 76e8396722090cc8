"""Packing: how a family joins segments with special tokens."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Packing:
    """The special tokens around the segments of a sequence, by the names of their attributes.

    Attributes:
        start: before the first segment.
        separator: after each segment but the last.
        end: after the last one.
        numbers_segments: whether the model is told the number of each token's segment.
        end_segment: the number of the last token of `end`, where it is no segment's.
        pad_segment: the number of padding.
        padding_side: the side of padding in transformers.
        target: before what the decoder of an encoder-decoder writes.
    """

    start: tuple[str, ...] = ()
    separator: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    numbers_segments: bool = False
    end_segment: int | None = None
    pad_segment: int = 0
    padding_side: str = "right"
    target: tuple[str, ...] = ("start_token",)


# BERT's, and of most encoders since.
CLS_SEP = Packing(("cls_token",), ("sep_token",), ("sep_token",), numbers_segments=True)
# XLNet's: the token that stands for the whole text comes last, in a segment of its own.
SEP_CLS = Packing(
    separator=("sep_token",),
    end=("sep_token", "cls_token"),
    numbers_segments=True,
    end_segment=2,
    pad_segment=3,
    padding_side="left",
)
# RoBERTa's: two ends between segments, which it does not number.
START_END = Packing(("start_token",), ("end_token", "end_token"), ("end_token",))
# T5's.
ENDED = Packing((), ("end_token",), ("end_token",), target=("pad_token",))
