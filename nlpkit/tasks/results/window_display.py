"""Display of what a classifier says of each window of a text, in notebooks and terminals."""

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from nlpkit.preprocessors.window_preprocessor import TextWindow

_COLORS = ("#cfe8ff", "#ffe2b8", "#d5f5d0", "#f6d3ea")
_PART = (
    '<span title="characters {start} to {end}" style="background:{color};color:#111;'
    'border-radius:3px;white-space:pre-wrap">{text}</span>'
    '<small style="opacity:.7;margin:0 6px">{said}</small>'
)
_WIDTH = 60


@dataclass(frozen=True)
class WindowOutput:
    """What a classifier says of a window.

    Attributes:
        start, end: int. The window's characters, `text[start:end]`; windows overlap.
        first, last: int. Those that are shown as its own; `last` is the one after.
        said: str. The classes with their probabilities, or the numbers.
    """

    start: int
    end: int
    first: int
    last: int
    said: str


@dataclass(frozen=True)
class WindowDisplay:
    """A text with what each of its windows says: colored in a notebook, a table when printed.

    Characters that windows share are shown with the one to whose middle they are nearer.

    Attributes:
        text: str.
        windows: tuple of `WindowOutput`, in order.
    """

    text: str
    windows: tuple[WindowOutput, ...]

    @classmethod
    def of(cls, windows: Sequence[TextWindow], said: Sequence[str]) -> "WindowDisplay":
        """The display of a text's windows.

        Args:
            windows: of one text, in order.
            said: list of str, what is said of each.
        """
        units = windows[0].units
        firsts = [units.starts[w.own[0][0]] for w in windows[1:]]
        own = zip([0, *firsts], [*firsts, len(units.text)], strict=True)
        outputs = []
        for window, what, parts in zip(windows, said, own, strict=True):
            held = [i for i, token in enumerate(units.tokens) if _holds(window, token)]
            extent = (units.starts[held[0]], units.ends[held[-1]]) if held else parts
            outputs.append(WindowOutput(*extent, *parts, what))
        return cls(units.text, tuple(outputs))

    def _repr_html_(self) -> str:
        spans = "".join(
            _PART.format(
                start=window.start,
                end=window.end,
                color=_COLORS[i % len(_COLORS)],
                text=html.escape(self.text[window.first : window.last]),
                said=html.escape(window.said),
            )
            for i, window in enumerate(self.windows)
        )
        return f'<div style="line-height:1.6">{spans}</div>'

    def __repr__(self) -> str:
        rows = [
            (f"{w.start}:{w.end}", w.said, _shortened(self.text[w.first : w.last]))
            for w in self.windows
        ]
        rows.insert(0, ("window", "output", "text"))
        sizes = [max(len(row[column]) for row in rows) for column in (0, 1)]
        return "\n".join(f"{a:>{sizes[0]}}  {b:<{sizes[1]}}  {text}" for a, b, text in rows)


def _holds(window: TextWindow, token: int) -> bool:
    return window.bounds.start <= token < window.bounds.end


def _shortened(text: str) -> str:
    return textwrap.shorten(text, _WIDTH, placeholder=" …")
