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
    """

    start: tuple[str, ...] = ()
    separator: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    numbers_segments: bool = False


# BERT's, and of most encoders since.
CLS_SEP = Packing(("cls_token",), ("sep_token",), ("sep_token",), numbers_segments=True)
# RoBERTa's: two ends between segments, which it does not number.
START_END = Packing(("start_token",), ("end_token", "end_token"), ("end_token",))
