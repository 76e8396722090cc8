"""The transcription of a clip, window by window."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nlpkit.tokenizers.byte_pair.transcript_tokenizer import Segment, TranscriptTokenizer


@dataclass(frozen=True)
class Transcript:
    """What is said in a clip.

    Attributes:
        text: str.
        language: str or None. A code, such as "en"; None if no tokenizer tells.
        segments: tuple of `Segment`s, with `start` and `end` in seconds and `text`; empty if none
            were asked for.
    """

    text: str
    language: str | None = None
    segments: tuple[Segment, ...] = ()


@dataclass
class Transcription:
    """How far the transcription of a clip has come.

    Attributes:
        samples: float `[samples]`.
        rate: int. Samples a second.
        window: int. The samples of a window.
        language: str or None.
        position: int. Where the next window begins, in samples.
        segments: what has been found.
    """

    samples: np.ndarray
    rate: int
    window: int
    language: str | None = None
    position: int = 0
    segments: list[Segment] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        """Whether all of the clip has been transcribed."""
        return self.position >= len(self.samples)

    @property
    def is_long(self) -> bool:
        """Whether it takes several windows."""
        return len(self.samples) > self.window

    @property
    def done(self) -> np.ndarray:
        """The samples that have been transcribed."""
        return self.samples[: self.position]

    @property
    def next_window(self) -> np.ndarray:
        """The samples of the next window, fewer at the end."""
        return self.samples[self.position : self.position + self.window]

    def add(self, ids: Sequence[int], tokenizer: TranscriptTokenizer) -> None:
        """Take the transcript of the next window, and move on (Radford et al., 2022, 4.5).

        A window ends where its last whole segment does, if another has begun after it, which the
        next window has whole; else all of it is done.

        Args:
            ids: list of int, generated.
            tokenizer: of the ids.
        """
        seconds, offset = len(self.next_window) / self.rate, self.position / self.rate
        found, moved = tokenizer.segments(ids), len(self.next_window)
        first = tokenizer.no_timestamps_token_id + 1
        is_cut = len(ids) > 1 and min(ids[-2:]) >= first
        if found and found[-1].end is None and len(found) > 1:
            found, is_cut = found[:-1], True
        if is_cut and found and found[-1].end:
            moved = min(moved, max(1, round(found[-1].end * self.rate)))
        for start, end, text in found:
            bounds = (start, seconds if end is None else end)
            begin, stop = (round(offset + min(x, seconds), 2) for x in bounds)
            self.segments.append(Segment(begin, stop, text))
        self.position += moved

    def transcript(self, timestamps: bool) -> Transcript:
        """What has been found, with segments if they were asked for."""
        text = "".join(segment.text for segment in self.segments).strip()
        kept = [x._replace(text=x.text.strip()) for x in self.segments if timestamps]
        return Transcript(text, self.language, tuple(kept))
