"""Text that comes token by token."""

from collections.abc import Callable, Sequence

_INCOMPLETE = "\N{REPLACEMENT CHARACTER}"
_MOST_MISSING = 3


class TextStream:
    """Turns a growing list of ids into pieces of text, never half a character.

    Args:
        decode: makes text of ids.
        prompt: list of int. The ids that were given.
        stop_strings: list of str. Texts that end the stream, and are left out.
    """

    def __init__(
        self, decode: Callable[[list[int]], str], prompt: list[int], stop_strings: Sequence[str]
    ) -> None:
        self.prompt = decode(prompt)
        self.is_done = False
        self._decode = decode
        self._ids = prompt
        self._stop_strings = stop_strings
        self._shown = len(self.prompt)

    def push(self, ids: list[int], *, last: bool) -> str:
        """The piece of text that all of `ids`, generated so far, adds to what was shown."""
        if self.is_done:
            return ""
        text = self._decode(self._ids + ids)
        end = cut_at(text[len(self.prompt) :], self._stop_strings)
        self.is_done = last or end is not None
        if end is not None:
            text = text[: len(self.prompt) + end]
        elif not last:
            text = text[: len(text) - _incomplete(text)]
            text = text[: len(text) - self._held_back(text)]
        piece, self._shown = text[self._shown :], max(self._shown, len(text))
        return piece

    def _held_back(self, text: str) -> int:
        """How much of the end may be the beginning of a stop string."""
        sizes = [
            size
            for stop in self._stop_strings
            for size in range(1, len(stop))
            if text.endswith(stop[:size])
        ]
        return max(sizes, default=0)


def _incomplete(text: str) -> int:
    """How much of the end may become a character when more bytes come: at most three are short."""
    return min(len(text) - len(text.rstrip(_INCOMPLETE)), _MOST_MISSING)


def cut_at(text: str, stop_strings: Sequence[str]) -> int | None:
    """Where the first of the stop strings begins in a text; None if none does."""
    found = [place for stop in stop_strings if (place := text.find(stop)) >= 0]
    return min(found, default=None)
